"""A stand-in for the official client whose `log` hangs until the file `release` is there. It writes to `logged` what came."""

import json
import os
import time

HOME = os.environ["HELD_CLIENT"]


def note(*entry):
    with open(os.path.join(HOME, "logged"), "a") as file:
        file.write(json.dumps(entry) + "\n")


class Settings:
    def __init__(self, **_):
        pass


class Image:
    def __init__(self, *_, **__):
        pass


class Run:
    offline = True
    dir = os.path.join(HOME, "run", "files")

    def log(self, row, step):
        while not os.path.exists(os.path.join(HOME, "release")):
            time.sleep(0.02)
        note(step, *row)

    def finish(self, exit_code):
        note("finish", exit_code)


def init(**_):
    note("init")
    return Run()
