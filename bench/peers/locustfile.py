"""Locust doing what the other contenders do. Prints what it did in BENCH_SECONDS after two seconds of warm-up."""
import json
import os
import time

import gevent
from locust import FastHttpUser, HttpUser, constant, events, task


class Http(HttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        self.client.get("/")


class FastHttp(FastHttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        self.client.get("/")


@events.test_start.add_listener
def measure(environment, **kwargs):
    gevent.spawn(take_turn, environment)


def take_turn(environment):
    gevent.sleep(2)
    operations, cpu = environment.stats.total.num_requests, time.process_time()
    gevent.sleep(float(os.environ["BENCH_SECONDS"]))
    print("turn", json.dumps({
        "operations": environment.stats.total.num_requests - operations,
        "cpuSeconds": time.process_time() - cpu,
    }), flush=True)
    environment.runner.quit()
