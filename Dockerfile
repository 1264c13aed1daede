# One image for both sides: a gateway replica unless told otherwise, a demo worker by another command.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS builder
# The environment has no pip of its own: this image's pip installs into it.
RUN python -m venv --without-pip /opt/venv
ENV PIP_PYTHON=/opt/venv/bin/python PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
# What changes seldom comes first: an edit of the code reuses this layer. There is no compiler: wheels or nothing.
COPY requirements/gateway.txt requirements/
RUN pip install --require-hashes --only-binary :all: --no-compile -r requirements/gateway.txt
COPY publisher publisher
COPY gateway gateway
# Bytecode that is valid whatever a file's time, so that it still is after the copy.
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist ./publisher ./gateway \
 && pip install --no-deps --no-compile dist/*.whl \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

FROM ${PYTHON_IMAGE}
COPY --from=builder /opt/venv /opt/venv
# `python -m` looks for modules in the current folder first: one that only root can write to.
WORKDIR /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# The base image has no bytecode of the standard library, and nobody may write it later: what is used is compiled here.
# Without it a start takes twice as long, and a health check four times.
RUN agent-status-gateway serve --help >/dev/null && python -c "import agent_status_gateway.cli.demo.worker, http.client"
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 AGENT_STATUS_HOST=0.0.0.0
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Liveness only: a replica without Redis still serves its last picture, and a restart would lose that.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(port) if (port := os.environ.get('AGENT_STATUS_PORT', '')).isdecimal() else 8000, timeout=4); c.request('GET', '/livez'); sys.exit(c.getresponse().status != 200)"]
CMD ["agent-status-gateway", "serve"]
