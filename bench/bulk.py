"""./dev bench bulk: what an interactive write waits while a bulk job writes: contacts created while `kb add` stores 20,000 passages."""
import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")
from conftest import BINARY, Server, client, make_key, make_store  # noqa: E402

N_PASSAGES = 20000
TOPICS = ["退货", "运费", "发票", "会员", "安装", "保修", "优惠券", "积分", "refund", "delivery", "invoice", "warranty"]


def write_table(path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["question", "answer"])
        for i in range(N_PASSAGES):
            topic = TOPICS[i % len(TOPICS)]
            out.writerow([f"{topic} {i} 怎么办理？", f"编号 {i} 的{topic}请在订单页提交申请，我们会在 {i % 9 + 1} 个工作日内处理并通知您。"])


def create(c, times, stop):
    n = 0
    while not stop.is_set():
        begun = time.perf_counter()
        assert c.post("/api/v1/contacts", json={"name": f"bulk {n}", "email": f"b{n}@mail.example"}).status_code == 201
        times.append((time.perf_counter() - begun) * 1000)
        n += 1
        time.sleep(0.005)


def tell(name, times):
    times.sort()
    print(f"{name}: {len(times)} contacts, median {statistics.median(times):.1f} ms, p99 {times[int(len(times) * .99)]:.1f} ms, "
          f"slowest {times[-1]:.1f} ms")


def main():
    with tempfile.TemporaryDirectory() as folder:
        store, table = make_store(pathlib.Path(folder) / "data"), pathlib.Path(folder) / "faq.csv"
        write_table(table)
        key = make_key(store)
        server = Server(store, "--model", "none", "--encoder", "none", "--no-worker").start()
        try:
            with client(server, key) as c:
                for name, busy in (("alone", False), ("during kb add", True)):
                    times, stop = [], threading.Event()
                    thread = threading.Thread(target=create, args=(c, times, stop))
                    thread.start()
                    begun = time.monotonic()
                    if busy:
                        subprocess.run([BINARY, "kb", "add", table, "--data", store, "--no-encode", "--quiet"], check=True)
                        print(f"kb add: {N_PASSAGES / (time.monotonic() - begun):,.0f} passages/s beside the clients")
                    else:
                        time.sleep(5)
                    stop.set()
                    thread.join()
                    tell(name, times)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
