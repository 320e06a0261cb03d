"""Feeds the official Weights & Biases client with JSON lines from stdin, for src/tracking/wandb-process.ts.

In:  {"op": "init", "mode": "auto" | "online" | "offline", "dir", "project", "entity", "name", "group", "job_type", "config",
      "id", "resume": null | "allow", "last_step" (of the part of the run before, or null)}
     {"op": "log", "step", "row"}   {"op": "show", "step", "key", "exhibit" (Exhibit of tracker.ts, pictures as base64)}
     {"op": "summary", "row"}       {"op": "finish", "exit_code"}
Out: {"event": "missing"}   {"event": "ready", "mode", "folder", "url", "fallback" (why not online, or null)}
     {"event": "trouble", "message"}   {"event": "finished"}
     {"event": "handled", "bytes"} after each message: the bytes of all lines done with so far. The parent sends no more
     than it lets wait, so what waits here needs no bound of its own.

When stdin ends without "finish", the parent is gone: the run is closed as failed. Whichever way stdin
ends, this process is gone within a minute.
"""

import base64
import json
import os
import queue
import signal
import sys
import tempfile
import threading
import time

# Above the 45 s for which the parent waits after "finish": FINISH_WAIT_MS of wandb.ts, where it says what they are for. Of a run
# that was stopped, the parent leaves after 5 s, and this process has the rest of the time alone.
END_GRACE_S = 60
INIT_TIMEOUT_S = 20
# For each table (a line chart is one too) the client asks the server, and waits for it. Where that took long, tables are
# left out for a while, so that rows are not held up.
TABLE_PATIENCE_S = 5
TABLE_PAUSE_S = 1800

# Replies own the real stdout; whatever else prints goes to stderr.
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def reply(event, **fields):
    try:
        replies.write(json.dumps({"event": event, **fields}) + "\n")
        replies.flush()
    except OSError:
        pass  # nobody listens any more


def read_lines(lines):
    """Runs in a thread of its own, so that the end of stdin is noticed also while the client waits for a network."""
    line = b""
    for line in sys.stdin.buffer:
        if line.endswith(b"\n"):  # else it is cut off: the parent died while it wrote
            lines.put(line)
    if not line.endswith(b"\n") or json.loads(line)["op"] != "finish":
        lines.put(b'{"op": "finish", "exit_code": 1}\n')
    watchdog = threading.Timer(END_GRACE_S, os._exit, args=[1])
    watchdog.daemon = True
    watchdog.start()


def start(wandb, message):
    """
    A run in the wanted mode; offline where online is not possible.
    Returns (run, why it is not online or None where that is no surprise).
    """
    settings = {"console": "off", "silent": True, "init_timeout": INIT_TIMEOUT_S}
    if "x_stats_pid" in getattr(wandb.Settings, "model_fields", {}):
        settings["x_stats_pid"] = os.getppid()  # the machine figures are those of the training process
    given = ("project", "entity", "name", "group", "job_type", "dir", "config", "id", "resume")
    arguments = {key: message[key] for key in given}

    # In place of a folder that is not there, the client would take a temporary one.
    os.makedirs(message["dir"], exist_ok=True)

    def init(mode):
        return wandb.init(mode=mode, settings=wandb.Settings(**settings), **arguments)

    if message["mode"] == "offline":
        return init("offline"), None
    try:
        return init("online"), None
    except Exception as error:
        expected = message["mode"] == "auto" and "No API key" in str(error)
        return init("offline"), None if expected else one_line(error)


def one_line(error):
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def define_epochs(run, row):
    """Validation is once an epoch: its charts are drawn over epochs, where the rows name them."""
    for key in ("epoch", "train/epoch", "valid/epoch"):
        if key in row:
            run.define_metric("valid/*", step_metric=key)
            return True
    return False


def as_media(wandb, exhibit, folder=None):
    kind = exhibit["kind"]
    if kind == "picture":
        return wandb.Image(written(folder, "picture.png", exhibit["png"]), caption=exhibit["caption"])
    if kind == "overlaid_picture":
        masks = {name: mask_of(wandb, name, overlay, folder) for name, overlay in exhibit["overlays"].items()}
        picture = written(folder, "picture.jpg", exhibit["jpeg"])
        return wandb.Image(picture, caption=exhibit["caption"], masks=masks)
    if kind == "table":
        return wandb.Table(columns=exhibit["columns"], data=exhibit["rows"])
    if kind == "line_chart":
        lines = exhibit["lines"]
        return wandb.plot.line_series(
            xs=[[x for x, _ in line["points"]] for line in lines],
            ys=[[y for _, y in line["points"]] for line in lines],
            keys=[line["name"] for line in lines],
            title=exhibit["title"],
            xname=exhibit["xAxis"],
        )
    if kind == "page":
        return wandb.Html(exhibit["html"], inject=False, data_is_not_path=True)
    raise ValueError(f"unknown kind of exhibit: {kind}")


def mask_of(wandb, name, overlay, folder):
    """Named classes without numpy: the client hands on the names of masks given as arrays only, and looks for them here."""
    mask = wandb.data_types.ImageMask({"path": written(folder, f"{name}.png", overlay["png"])}, name)
    mask._key = name
    mask._val = {"class_labels": {int(number): label for number, label in overlay["classes"].items()}}
    return mask


def written(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(base64.b64decode(content))
    return path


class Steps:
    """What may be logged at which step: there, steps only grow, and what lies behind would be put at a later one."""

    def __init__(self, run=None, last_step=None):
        online = run is not None and not run.offline
        # The last step of which Weights & Biases has a row from an earlier part of this run.
        self.before = (run.starting_step if run.resumed else 0) - 1 if online else -1 if last_step is None else last_step
        self.newest = 0

    def place(self, step):
        """None for what is there already: training made these steps before it went back to a checkpoint."""
        # The part before ended in the midst of this step's validation, maybe: its charts are drawn over epochs.
        place = max(step, self.before + 1)
        if step < self.before or place < self.newest:
            return None
        self.newest = place
        return place


class Tables:
    """Logs them, unless the server has lately been slow."""

    def __init__(self):
        self.resume_at = 0

    def log(self, run, key, table, step):
        start = time.monotonic()
        if start < self.resume_at:
            return
        try:
            run.log({key: table}, step=step)
        finally:
            if time.monotonic() - start > TABLE_PATIENCE_S:
                self.resume_at = time.monotonic() + TABLE_PAUSE_S
                reply("trouble", message=f"the server is slow, no tables for {TABLE_PAUSE_S // 60} minutes")


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        import wandb

        wandb.init
    except (ImportError, AttributeError):
        reply("missing")
        return
    lines = queue.Queue()  # lines, not messages: those would take several times the memory that was counted
    threading.Thread(target=read_lines, args=[lines], daemon=True).start()
    run = None
    epochs_defined = False
    steps = Steps()
    tables = Tables()
    handled_bytes = 0
    while True:
        line = lines.get()
        message = json.loads(line)
        op = message["op"]
        step = steps.place(message["step"]) if "step" in message else None
        try:
            if op == "init":
                run, fallback = start(wandb, message)
                url = None if run.offline else run.url  # asking an offline run for it prints a warning
                mode = "offline" if run.offline else "online"
                steps = Steps(run, message["last_step"])
                reply("ready", mode=mode, folder=os.path.dirname(run.dir), url=url, fallback=fallback)
            elif run is None or ("step" in message and step is None):
                pass
            elif op == "log":
                epochs_defined = epochs_defined or define_epochs(run, message["row"])
                run.log(message["row"], step=step)
            elif op == "show" and message["exhibit"]["kind"] in ("table", "line_chart"):
                tables.log(run, message["key"], as_media(wandb, message["exhibit"]), step)
            elif op == "show":
                with tempfile.TemporaryDirectory() as folder:  # the client copies from there what it wants to keep
                    run.log({message["key"]: as_media(wandb, message["exhibit"], folder)}, step=step)
            elif op == "summary":
                run.summary.update(message["row"])
            elif op == "finish":
                run.finish(exit_code=message["exit_code"])
                reply("finished")
        except Exception as error:  # trouble with tracking is told, and never ends anything
            reply("trouble", message=one_line(error))
        handled_bytes += len(line)
        reply("handled", bytes=handled_bytes)
        if op == "finish":
            return


main()
