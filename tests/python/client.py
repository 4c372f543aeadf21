"""A foreign client, as an integrator would write it: generated from the proto files, nothing of Vigil's own.

Sends three saturations of a device over mutual TLS, waits for the receipt, then acknowledges the alert that follows.
Prints one line per step. Usage: client.py GENERATED_DIR PKI_DIR DEVICES_ADDRESS PEOPLE_ADDRESS TOKEN_FILE
"""

import queue
import sys
import time
from pathlib import Path

import grpc

GENERATED, PKI, DEVICES, PEOPLE, TOKEN_FILE = sys.argv[1:6]
sys.path.insert(0, GENERATED)

from vigil.v1 import alerts_pb2, alerts_pb2_grpc, ingest_pb2, ingest_pb2_grpc  # noqa: E402

SPO2 = 150456
PATIENCE_S = 30


def channel(address, certificate=None):
    """TLS to an address; with a client certificate where the port asks for one."""
    read = lambda name: Path(PKI, name).read_bytes()  # noqa: E731
    own = (read(f"{certificate}.key"), read(f"{certificate}.pem")) if certificate else (None, None)
    credentials = grpc.ssl_channel_credentials(read("ca.pem"), *own)
    return grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", "localhost")])


def reading(sequence, percent):
    now_us = time.time_ns() // 1000
    return ingest_pb2.Reading(
        boot=1,
        lane=ingest_pb2.LANE_LIVE,
        sequence=sequence,
        device_time_us=now_us,
        sent_at_us=now_us,
        observed_until_us=now_us,
        period_ms=1000,
        signal=ingest_pb2.VALIDITY_VALID,
        observations=[ingest_pb2.Observation(code=SPO2, number=percent, unit="%")],
    )


def send_readings():
    requests = queue.SimpleQueue()
    with channel(DEVICES, "devices/ox-py") as devices:
        answers = ingest_pb2_grpc.IngestServiceStub(devices).Stream(iter(requests.get, None), timeout=PATIENCE_S)
        hello = ingest_pb2.DeviceHello(model="oximeter", firmware="1", boot=1)
        requests.put(ingest_pb2.IngestRequest(hello=ingest_pb2.Hello(devices=[hello])))
        welcome = next(answers).welcome
        print("welcome", welcome.devices[0].device, welcome.credit)
        readings = [reading(1, 97), reading(2, 96), reading(3, 84)]
        requests.put(ingest_pb2.IngestRequest(readings=ingest_pb2.Readings(readings=readings)))
        for answer in answers:
            through = max((receipt.through_sequence for receipt in answer.receipts.receipts), default=0)
            if through == 3:
                print("receipt", through)
                break
        requests.put(None)


def answer_alert():
    metadata = [("authorization", "Bearer " + Path(TOKEN_FILE).read_text(encoding="ascii").strip())]
    with channel(PEOPLE) as people:
        service = alerts_pb2_grpc.AlertServiceStub(people)
        updates = service.Watch(alerts_pb2.WatchAlertsRequest(from_position=0), metadata=metadata, timeout=PATIENCE_S)
        alert = next(update.alert for update in updates if update.alert.rule == "spo2_low")
        updates.cancel()
        print("alert", alert.id, alert.text)
        # The version may have moved on meanwhile; the answer then says so, and brings the alert as it is.
        for _ in range(5):
            asked = alerts_pb2.AnswerRequest(id=alert.id, reason="at the bedside", version=alert.version)
            answered = service.Acknowledge(asked, metadata=metadata, timeout=PATIENCE_S)
            alert = answered.alert
            if answered.done:
                print("acknowledged", alert.id, "by", *alert.people)
                return
    sys.exit("the alert was not acknowledged")


send_readings()
answer_alert()
