"""Drives a Jenkins with two independent clients and fails where they do not understand it.

usage: drive.py URL USER SECRET

The Jenkins has the jobs start_app (token "token"), production/clean_data_worker (parameters HOST and
REGAIN_EXECUTION_ID), production/forever and flow, which run until somebody stops them; flow is a pipeline.
"""

import sys
import time

import api4jenkins
import jenkins

PATIENCE_S = 60


def wait_for(what, ready):
    """Asks again and again until there is an answer."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = ready()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError(f"{what} never came")


def same(seen, expected):
    assert seen == expected, f"{seen!r} is not {expected!r}"


def refused(call, *kinds):
    """Makes a call that must fail."""
    try:
        answer = call()
    except kinds as error:
        return error
    raise AssertionError(f"{call} gave {answer!r}")


def drive_python_jenkins(url, user, secret):
    server = jenkins.Jenkins(url, username=user, password=secret, timeout=30)
    same(server.get_whoami()["fullName"], user)
    same(server.get_version(), "2.579")
    names = sorted(job["fullname"] for job in server.get_all_jobs())
    same(names, ["flow", "production", "production/clean_data_worker", "production/forever", "start_app"])
    same(server.get_job_info("production/clean_data_worker")["buildable"], True)
    same(server.get_job_info("start_app")["property"], [])

    # A job in a folder, with parameters: queue item, build, result, log.
    parameters = {"HOST": "web 1/ä", "REGAIN_EXECUTION_ID": "rx-1", "UNDECLARED": "x"}
    item = server.build_job("production/clean_data_worker", parameters)
    executable = wait_for("the build", lambda: server.get_queue_item(item).get("executable"))
    number = executable["number"]
    info = wait_for("the result", lambda: finished(server, "production/clean_data_worker", number))
    same((info["result"], info["queueId"], info["building"]), ("SUCCESS", item, False))
    same(
        {p["name"]: p["value"] for a in info["actions"] for p in a.get("parameters", [])},
        {"HOST": "web 1/ä", "REGAIN_EXECUTION_ID": "rx-1"},
    )
    assert "cleaned web 1/ä\n" in server.get_build_console_output("production/clean_data_worker", number)

    # A job without parameters, by its own token.
    item = server.build_job("start_app", token="token")
    wait_for("the build", lambda: server.get_queue_item(item).get("executable"))
    refused(lambda: server.build_job("start_app", token="wrong"), jenkins.JenkinsException)
    refused(lambda: server.build_job("nothing"), jenkins.JenkinsException)
    refused(lambda: server.build_job("start_app", {"HOST": "x"}), Exception)

    # Two builds at a time there are not: the second waits, and is cancelled.
    first = server.build_job("production/forever")
    running = wait_for("the build", lambda: server.get_queue_item(first).get("executable"))["number"]
    same([build["number"] for build in server.get_running_builds()], [running])
    second = server.build_job("production/forever")
    assert "already in progress" in server.get_queue_item(second)["why"]
    same([item["id"] for item in server.get_queue_info()], [second])
    server.cancel_queue(second)
    same(server.get_queue_info(), [])
    same(server.get_queue_item(second)["cancelled"], True)
    server.stop_build("production/forever", running)
    info = wait_for("the end", lambda: finished(server, "production/forever", running))
    same(info["result"], "ABORTED")

    server.disable_job("start_app")
    same(server.get_job_info("start_app")["color"], "disabled")
    refused(lambda: server.build_job("start_app"), Exception)
    server.enable_job("start_app")

    server.quiet_down()
    item = server.build_job("start_app")
    same(server.get_queue_item(item)["why"], "Jenkins is about to shut down")
    server.jenkins_open(jenkins.requests.Request("POST", server._build_url("cancelQuietDown")))
    wait_for("the build", lambda: server.get_queue_item(item).get("executable"))


def finished(server, job, number):
    info = server.get_build_info(job, number)
    return info if not info["building"] else None


def drive_api4jenkins(url, user, secret):
    server = api4jenkins.Jenkins(url, auth=(user, secret), timeout=30)
    same(server.version, "2.579")
    job = server.get_job("production/clean_data_worker")
    same(type(job).__name__, "FreeStyleProject")
    same([p["name"] for p in job.get_parameters()], ["HOST", "REGAIN_EXECUTION_ID"])

    item = job.build(HOST="db1", REGAIN_EXECUTION_ID="rx-2")
    build = wait_for("the build", item.get_build)
    wait_for("the result", lambda: build.result)
    same((build.result, build.building, build.queue_id), ("SUCCESS", False, item.id))
    same({p.name: p.value for p in build.get_parameters()}, {"HOST": "db1", "REGAIN_EXECUTION_ID": "rx-2"})
    same(build.get_causes()[0]["shortDescription"], f"Started by user {user}")
    assert "cleaned db1" in list(build.console_text())
    assert "cleaned db1" in list(build.progressive_output())

    # Two equal items are one.
    blocker = server.get_job("production/forever").build()
    running = wait_for("the build", blocker.get_build)
    waiting = [server.get_job("production/forever").build().id for _ in range(2)]
    same(waiting[0], waiting[1])
    same([item.id for item in server.queue], [waiting[0]])
    server.queue.cancel(waiting[0])
    running.stop()
    wait_for("the end", lambda: running.result)
    same(running.result, "ABORTED")

    flow = server.get_job("flow")
    same(type(flow).__name__, "WorkflowJob")
    run = wait_for("the build", flow.build().get_build)
    run.term()
    run.kill()
    wait_for("the end", lambda: run.result)
    same(run.result, "ABORTED")

    refused(lambda: server.build_job("start_app", HOST="x"), api4jenkins.exceptions.BadRequestError)
    refused(lambda: server.build_job("nothing"), api4jenkins.exceptions.ItemNotFoundError)
    refused(lambda: server.build_job("start_app", token="wrong"), PermissionError)
    stranger = api4jenkins.Jenkins(url, auth=(user, "wrong"), timeout=30)
    refused(lambda: stranger.get_job("start_app"), api4jenkins.exceptions.AuthenticationError)


if __name__ == "__main__":
    drive_python_jenkins(*sys.argv[1:4])
    drive_api4jenkins(*sys.argv[1:4])
    print("both clients are content")
