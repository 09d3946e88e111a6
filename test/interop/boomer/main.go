// A worker of boomer for the tests: each user asks the target over and over, and every request is recorded. It answers the
// message "question" with "answer".
package main

import (
	"flag"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/myzhan/boomer"
)

const name = "/boomer"
const pause = 50 * time.Millisecond

func main() {
	host := flag.String("host", "127.0.0.1", "address of the master")
	port := flag.Int("port", 5557, "its port")
	flag.Parse()
	worker := boomer.NewBoomer(*host, *port)
	ask := asking(worker, os.Getenv("TARGET"))
	subscribe("question", func(message *boomer.CustomMessage) { worker.SendCustomMessage("answer", message.Data) })
	left := make(chan bool, 1)
	subscribe(boomer.EVENT_QUIT, func() { left <- true })
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGINT, syscall.SIGTERM)

	worker.Run(&boomer.Task{Name: "ask", Weight: 1, Fn: ask})
	select {
	case <-left:
	case <-told:
		worker.Quit()
	}
}

func subscribe(event string, listener interface{}) {
	if err := boomer.Events.Subscribe(event, listener); err != nil {
		panic(err)
	}
}

func asking(worker *boomer.Boomer, target string) func() {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	return func() {
		started := time.Now()
		response, err := client.Get(target + name)
		millis := time.Since(started).Milliseconds()
		if err != nil {
			worker.RecordFailure("GET", name, millis, err.Error())
		} else {
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			record(worker, response.StatusCode, millis, int64(len(body)))
		}
		time.Sleep(pause)
	}
}

func record(worker *boomer.Boomer, status int, millis int64, length int64) {
	if status < 400 {
		worker.RecordSuccess("GET", name, millis, length)
	} else {
		worker.RecordFailure("GET", name, millis, http.StatusText(status))
	}
}
