FROM python:3.13-slim AS build

WORKDIR /build
RUN python -m venv /opt/handrail
ENV PATH=/opt/handrail/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

COPY requirements.txt ./
RUN pip install --require-hashes --requirement requirements.txt

COPY pyproject.toml LICENSE README.md ./
COPY bot ./bot
COPY migrations ./migrations
COPY runbooks ./runbooks
RUN pip install --no-deps .


FROM python:3.13-slim

RUN useradd --system --uid 10001 --home-dir /var/lib/handrail --create-home handrail \
    && mkdir -p /etc/handrail/runbooks \
    && chown handrail: /var/lib/handrail

COPY --from=build /opt/handrail /opt/handrail
COPY runbooks /etc/handrail/runbooks

ENV PATH=/opt/handrail/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HANDRAIL_RUNBOOKS=/etc/handrail/runbooks \
    HANDRAIL_HTTP=0.0.0.0:8080

USER handrail
# Here the record stands, in handrail.db, unless DATABASE_URL or DATABASE_URL_FILE names a PostgreSQL.
WORKDIR /var/lib/handrail

# The record, and the runbooks: mount your own over the shipped ones.
VOLUME ["/var/lib/handrail", "/etc/handrail/runbooks"]
EXPOSE 8080

# Asks whether the process is alive, not whether Slack is: a restart would not mend Slack.
HEALTHCHECK --interval=15s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['HANDRAIL_HTTP'].rsplit(':', 1)[1] + '/healthz', timeout=3)"]

STOPSIGNAL SIGTERM
CMD ["handrail", "serve"]
