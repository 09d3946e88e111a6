"""The class whose users the simulated workers say that they run."""

from locust import User, task


class Simulated(User):
    @task
    def nothing(self):
        pass
