# A line of help follows "##"; make without a target prints these lines.

.DEFAULT_GOAL := help
.PHONY: help test test-fast setup js lint unit properties any-day any-day-briefly judge adversary fuzz bench simulate dist demo clean

export CGO_ENABLED ?= 0

help: ## print what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: setup lint js unit any-day-briefly judge ## everything that CI runs, on Debian; takes about half an hour

test-fast: lint js ## while working: lint, unit tests without the race detector, JavaScript
	go test ./...

demo: ## run the demo on made-up data
	go run ./cmd/oriel demo

setup: ## install what the tests need (Debian); asks first, except in CI
	build/setup

lint: ## check formatting, vet and staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go mod tidy -diff
	go vet ./...
	cd judges && go vet ./...
	cd js/build && go vet ./...
	go tool -modfile=build/lint/go.mod staticcheck ./...

js: ## lint, type-check and test js, and check that js/dist matches js/src
	cd js && npm ci --no-audit --no-fund && npm test
	cd js/build && go run . -check

unit: ## build without cgo, then all Go tests with the race detector
	CGO_ENABLED=0 go build -o /dev/null ./cmd/oriel
	CGO_ENABLED=1 go test -race -timeout 30m ./...

properties: ## the property tests of internal/app at full size: minutes of CPU
	ORIEL_PROPERTIES=full go test -count=1 -timeout 2h ./internal/app

# In 1,000 days, on a 29 February, in the last minutes of a year, in hours that a
# change of clocks skips, where it is tomorrow. build/anyday/main.go has all days.
DAYS ?=
any-day: ## all Go tests with the clock moved; DAYS=leap-day,apia for some days
	go run ./build/anyday -on "$(DAYS)" ./...

# Packages whose tests take more than ten seconds on two processors belong to SLOW.
SLOW = . ./cmd/oriel ./emulator ./emulator/world ./internal/app ./internal/audit ./internal/store/sqlstore ./internal/ua ./internal/web
any-day-briefly: ## the same, only packages whose tests take a few seconds
	go run ./build/anyday $$(go list ./... | grep -Fxv "$$(go list $(SLOW))")

# Not part of make test: the inputs are random, and CI's verdict depends on the
# commit alone. Seeds and inputs found earlier are unit tests.
FUZZTIME ?= 60s
FUZZDIRS ?=
fuzz: ## every fuzz test for a minute; FUZZTIME=10m FUZZDIRS=internal/ua for other times and packages
	build/fuzz $(FUZZTIME) $(FUZZDIRS)

judge: ## Google's own clients and a real browser, against the built program
	cd judges/npm && npm ci --no-audit --no-fund
	cd judges && go test -count=1 -timeout 30m ./...

adversary: ## attacks against the built program; part of make judge
	cd judges && go test -count=1 ./adversary

bench: ## the hot path beside a bare net/http handler, then the emulator's world
	go test -count=1 -run '^TestHotPath$$' -timeout 30m -v ./internal/app -hotpath
	go test -run '^$$' -bench "Run30Days|BenchmarkNew" -benchmem ./emulator/world

# docs/quota-and-freshness.md has the figures of a larger one.
simulate: ## a day of many viewers, and what it takes of Google's quotas
	go run ./build/simulate

dist: ## rebuild the committed js/dist
	cd js && npm ci --no-audit --no-fund
	cd js/build && go run .

clean: ## remove node_modules
	rm -rf js/node_modules judges/npm/node_modules
