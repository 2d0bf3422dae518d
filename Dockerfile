# syntax=docker/dockerfile:1
# docker build -t slotway . ; docker run -p 6380:6380 -p 9380:9380 slotway --seed HOST:PORT

FROM debian:12-slim AS build
WORKDIR /src
# The packages first: they change less often than the sources, and their layer is kept.
COPY scripts/lib scripts/lib
RUN bash -euc '. scripts/lib/common.sh && require_packages "${build_packages[@]}"'
COPY . .
RUN cmake --preset release -DSLOTWAY_TESTS=OFF -DSLOTWAY_WERROR=OFF \
  && cmake --build --preset release --target slotway \
  && strip --strip-debug build/release/slotway

FROM debian:12-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    libuv1 libhiredis0.14 libyaml-cpp0.7 libprometheus-cpp-core1.0 libfmt9 \
    libspdlog1.10 libssl3 ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --no-create-home --uid 6380 slotway
COPY --from=build /src/build/release/slotway /usr/local/bin/slotway
COPY --from=build /src/LICENSE /usr/share/doc/slotway/LICENSE
# A container's loopback is of no use to others, so the image listens on every address. Variables
# overrule a configuration file: to use other addresses, set these, or give --listen and --admin.
ENV SLOTWAY_LISTEN=0.0.0.0:6380 SLOTWAY_ADMIN=0.0.0.0:9380
USER slotway
EXPOSE 6380 9380
STOPSIGNAL SIGTERM
# The image has no curl; bash can speak to a port itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${SLOTWAY_ADMIN##*:} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [[ $status == 200 ]]"]
ENTRYPOINT ["slotway"]
