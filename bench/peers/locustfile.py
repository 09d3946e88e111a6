"""Locust doing what the other contenders do: it works for as many seconds as each line on its standard input says, and prints
what it did. Before that it warms up for two seconds."""
import json
import sys
import time

import gevent
from gevent.event import Event
from gevent.fileobject import FileObject
from locust import FastHttpUser, HttpUser, constant, events, task

gate = Event()


class Http(HttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        if not gate.is_set():
            gate.wait()
        self.client.get("/")


class FastHttp(FastHttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        if not gate.is_set():
            gate.wait()
        self.client.get("/")


@events.test_start.add_listener
def measure(environment, **kwargs):
    gevent.spawn(take_turns, environment)


def take_turns(environment):
    gate.set()
    gevent.sleep(2)
    gate.clear()
    say({"warm": 1})
    for line in FileObject(sys.stdin.buffer):
        say(take_turn(environment.stats.total, float(line)))
    environment.runner.quit()


def take_turn(total, seconds):
    gate.set()
    gevent.sleep(0.03)
    operations, cpu = total.num_requests, time.process_time()
    gevent.sleep(seconds)
    turn = {"operations": total.num_requests - operations, "cpuSeconds": time.process_time() - cpu}
    gate.clear()
    gevent.sleep(0.05)
    return turn


def say(message):
    print("bench", json.dumps(message), flush=True)
