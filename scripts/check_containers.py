"""What can be checked of Dockerfile and docker-compose.yml without an engine."""

import pathlib
import re
import sys

import yaml

faults = []


def expect(condition, fault):
    if not condition:
        faults.append(fault)


dockerfile = pathlib.Path("Dockerfile").read_text()
instructions = re.sub(r"\\\n", " ", dockerfile)
stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?", instructions, re.M)
expect(all(":" in image for image, _ in stages), "every image is pinned by a tag")
for flags, words in re.findall(r"^COPY ((?:--\S+ )*)(.+)$", instructions, re.M):
    if "--from=" in flags:
        expect(any(f"--from={name}" in flags for _, name in stages), f"COPY {flags}: no such stage")
        continue
    for source in words.split()[:-1]:
        expect(pathlib.Path(source).exists(), f"COPY {source}: no such file")
final = instructions[instructions.rindex("FROM "):]
expect(re.search(r"^USER (?!root|0)", final, re.M), "the last stage runs as somebody else than root")
expect("HEALTHCHECK" in final, "the image has a health check")
rust = re.search(r"^FROM rust:(\d+\.\d+)", dockerfile, re.M)
minimum = re.search(r'^rust-version = "(\d+\.\d+)"', pathlib.Path("Cargo.toml").read_text(), re.M)
as_numbers = lambda version: [int(part) for part in version.split(".")]
expect(rust and as_numbers(rust[1]) >= as_numbers(minimum[1]), "the image's Rust is new enough")

compose = yaml.safe_load(pathlib.Path("docker-compose.yml").read_text())
services = compose["services"]
for name, service in services.items():
    expect("healthcheck" in service or "build" in service, f"{name} has a health check")
    for volume in service.get("volumes", []):
        expect(volume.split(":")[0] in compose.get("volumes", {}), f"{name}: volume {volume} is declared")
    for other in service.get("depends_on", {}):
        expect(other in services, f"{name} depends on {other}")
expect("ports" not in services["database"], "the database's port is not published")
client = re.search(r"\bpostgresql-client-(\d+)", final)
server = re.match(r"postgres:(\d+)", services["database"]["image"])
expect(client and server and int(client[1]) >= int(server[1]), "the image's pg_dump is as new as the server")
text = pathlib.Path("docker-compose.yml").read_text()
expect(all(":?" in use for use in re.findall(r"\$\{POSTGRES_PASSWORD[^}]*\}", text)), "no password by default")

for fault in faults:
    print(f"not so: {fault}")
sys.exit(bool(faults))
