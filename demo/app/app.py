"""A small application with metrics, as any team would write it: a producer, a consumer and a queue between them."""

import argparse
import queue
import random
import threading
import time

from prometheus_client import Counter, Gauge, Histogram, start_http_server

PRODUCED = Counter("parcel_events_produced_total", "Events of parcels that were put into the queue.", ["kind"])
CONSUMED = Counter("parcel_events_consumed_total", "Events of parcels that were taken from the queue.", ["kind"])
WAITING = Gauge("parcel_events_waiting", "Events of parcels in the queue.")
HANDLING = Histogram("parcel_event_handling_seconds", "Time that an event of a parcel took to be handled.")

KINDS = ["collected", "sorted", "loaded", "delivered"]


def produce(events: queue.Queue) -> None:
    while True:
        kind = random.choice(KINDS)
        events.put(kind)
        PRODUCED.labels(kind).inc()
        time.sleep(random.expovariate(50))


def consume(events: queue.Queue) -> None:
    while True:
        kind = events.get()
        with HANDLING.time():
            time.sleep(random.uniform(0.001, 0.02))
        CONSUMED.labels(kind).inc()
        WAITING.set(events.qsize())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    events: queue.Queue = queue.Queue(maxsize=10_000)
    for task in (produce, consume):
        threading.Thread(target=task, args=(events,), daemon=True).start()
    start_http_server(port, addr="127.0.0.1")
    threading.Event().wait()


if __name__ == "__main__":
    main()
