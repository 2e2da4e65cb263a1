# Offprint: build, try, test.

GO      ?= go
STRICT  ?= 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 10s

.PHONY: all build demo run test bench fuzz lint clean

all: build

build: ## the binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-X main.Version=$(VERSION)" -o offprint .

demo: build ## a server with a package of every engine and a license; prints how to install them
	./offprint demo

run: build ## a server on 127.0.0.1:8080 that keeps its data in ./data
	./offprint up --listen 127.0.0.1:8080 --data ./data --account acme

# With STRICT=1 a test whose client is missing fails instead of being skipped.
test: ## all tests; what cannot run here is listed at the end
	OFFPRINT_STRICT=$(STRICT) GO="$(GO)" .ci/test

bench: ## figures beside their baselines, about 12 minutes; SHORT=1: a minute, and rough
	$(GO) test -run '^$$' -bench '^BenchmarkFigures$$' -benchtime 1x -timeout 30m $(if $(SHORT),-short) .

fuzz: ## every fuzz target for FUZZTIME
	GO="$(GO)" FUZZTIME=$(FUZZTIME) .ci/fuzz

lint:
	test -z "$$(gofmt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

clean:
	rm -f offprint
