# syntax=docker/dockerfile:1
# One build for both servers: `--target auth-server` or `--target resource-server`.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The caches keep compiled dependencies between builds; the binaries leave them by copy.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --locked --release -p auth-server -p resource-server \
    && install -D -t /out target/release/auth-server target/release/resource-server

FROM debian:bookworm-slim AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home anteroom
USER 10001

FROM runtime AS auth-server
COPY --from=build /out/auth-server /usr/local/bin/
EXPOSE 8080
ENTRYPOINT ["auth-server"]
CMD ["serve"]

FROM runtime AS resource-server
COPY --from=build /out/resource-server /usr/local/bin/
EXPOSE 8081
ENTRYPOINT ["resource-server"]
CMD ["serve"]
