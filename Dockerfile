# One image per app: docker build --target cerebro --build-arg APP=cerebro .
ARG NODE_VERSION=20.20

FROM node:${NODE_VERSION}-bookworm-slim AS base
WORKDIR /srv/cordyna

# Only the manifests: the stages below install again when one of them changes, and not with every line of code.
FROM base AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && find . -type d -empty -delete

FROM base AS build
COPY --from=manifests /srv/cordyna ./
RUN npm ci --ignore-scripts && npm cache clean --force
COPY . .
ARG APP
RUN test -d "apps/${APP}" || { echo "Give the app: --build-arg APP=cerebro" >&2; exit 1; } \
  && node scripts/build.mjs libs/protocol libs/engine libs/bus libs/task-server "apps/${APP}" \
  && for dir in libs/* apps/*; do \
       if [ -d "${dir}/dist" ]; then mkdir -p "/out/${dir}" && cp -r "${dir}/package.json" "${dir}/dist" "/out/${dir}/"; fi; \
     done \
  && ln -s "apps/${APP}" /out/app

FROM base AS dependencies
COPY --from=manifests /srv/cordyna ./
ARG APP
RUN npm ci --omit=dev --ignore-scripts --workspace libs/protocol --workspace libs/engine --workspace libs/bus \
    --workspace libs/task-server --workspace "apps/${APP}" \
  && npm cache clean --force

FROM base AS runtime
ENV NODE_ENV=production
COPY --from=dependencies /srv/cordyna ./
COPY --from=build /out ./
# What `docker image prune` goes by after a rebuild, see docs/operations.md.
LABEL cordyna.image="true" org.opencontainers.image.licenses="Apache-2.0"
USER node
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=32", "--interrupt-budget=16000", "app/dist/main.js"]

FROM runtime AS cerebro
EXPOSE 7000
# Large buffers are given back at once.
ENV MALLOC_MMAP_THRESHOLD_=131072
# Without source maps, which take 13 MiB; it gives memory back itself (docs/operations.md).
ENTRYPOINT ["node", "--max-semi-space-size=32", "--interrupt-budget=16000", "--no-memory-reducer", "app/dist/main.js"]
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CORDYNA_HTTP_PORT ?? 7000}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# A task server listens on nothing: Cerebro sees by its heartbeats whether it lives.
FROM runtime AS task-server
HEALTHCHECK NONE

# Its configuration is mounted; the programs that its tasks run are those of an image built on this one.
FROM runtime AS runner
HEALTHCHECK NONE
CMD ["/etc/cordyna/runner.yaml"]
