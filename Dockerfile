# Not built where Towpath is developed, since no container engine runs there.
FROM rust:1-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:trixie-slim
# git keeps the mirrors; the certificates are for HTTPS to GitHub.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /data --uid 10001 towpath
COPY --from=build /src/target/release/towpath /usr/local/bin/towpath
USER towpath
ENV TOWPATH_DATA_DIR=/data LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
CMD ["towpath", "serve"]
