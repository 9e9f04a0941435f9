"""Whether containers can run here, and in one sentence why not."""

import functools
import shutil
import subprocess

from testcontainers.core.config import testcontainers_config

KAFKA = "apache/kafka:4.1.1"
POSTGRES = "postgres:17"
"""The same as in docker-compose.yml; a test holds them equal."""


def says(*command: str) -> str:
    """What a command says, if it succeeds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


@functools.cache
def obstacle(*images: str) -> str | None:
    """Why containers of these images cannot run here; None where they can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    if not says("docker", "version", "--format", "{{.Server.Version}}"):
        return "no Docker engine answers"
    for image in sorted(images):
        if not (says("docker", "image", "inspect", image) or says("docker", "pull", "-q", image)):
            return f"the image {image} is not here and cannot be had"
    return None


@functools.cache
def no_containers() -> str | None:
    """Why the live tests cannot have Apache Kafka and PostgreSQL; None where they can."""
    return obstacle(KAFKA, POSTGRES, testcontainers_config.ryuk_image)
