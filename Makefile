# make test sets up everything that the tests need, on Debian, and passes.

.PHONY: test test-fast setup js lint unit any-day any-day-briefly judge adversary fuzz bench simulate dist demo clean

export CGO_ENABLED ?= 0

test: setup lint js unit any-day-briefly judge

# For while one works: all but the race detector, other days and the judges.
test-fast: lint js
	go test ./...

demo:
	go run ./cmd/oriel demo

# Chromium and fonts for the browser tests, Node for the official npm clients and
# for checking TypeScript; none of it is needed to run Oriel.
setup:
	build/setup

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go mod tidy -diff
	go vet ./...
	cd judges && go vet ./...
	cd js/build && go vet ./...
	go tool -modfile=build/lint/go.mod staticcheck ./...

# Style, types, unit tests, and that the committed js/dist is what js/src makes.
js:
	cd js && npm ci --no-audit --no-fund && npm test
	cd js/build && go run . -check

unit:
	CGO_ENABLED=0 go build -o /dev/null ./cmd/oriel
	CGO_ENABLED=1 go test -race -timeout 30m ./...

# The unit tests with the clock moved: in 1,000 days, on a 29 February, in the last
# minutes of a year, in hours that a change of clocks skips, where it is tomorrow.
# DAYS=leap-day,apia for some; build/anyday/main.go has all.
DAYS ?=
any-day:
	go run ./build/anyday -on "$(DAYS)" ./...

# The packages whose tests take a few seconds. One that takes more than ten on two
# processors belongs to SLOW.
SLOW = . ./cmd/oriel ./emulator ./emulator/world ./internal/app ./internal/audit ./internal/store/sqlstore ./internal/ua ./internal/web
any-day-briefly:
	go run ./build/anyday $$(go list ./... | grep -Fxv "$$(go list $(SLOW))")

# Every fuzz test for a minute; FUZZTIME=10m for longer. Not part of make test, whose
# verdict follows from the commit alone: seeds and what was found before are unit tests.
FUZZTIME ?= 60s
fuzz:
	build/fuzz $(FUZZTIME)

# Google's own clients and a real browser, against the built program.
judge:
	cd judges/npm && npm ci --no-audit --no-fund
	cd judges && go test -count=1 -timeout 30m ./...

# Everything that somebody hostile might try, through the front door; make judge
# has it too.
adversary:
	cd judges && go test -count=1 ./adversary

# The hot path beside a bare net/http handler, then the emulator's world.
bench:
	go test -count=1 -run '^TestHotPath$$' -timeout 30m -v ./internal/app -hotpath
	go test -run '^$$' -bench "Run30Days|BenchmarkNew" -benchmem ./emulator/world

# A day of many viewers, and what it takes of Google's quotas; docs/quota-and-freshness.md has
# the figures of a larger one.
simulate:
	go run ./build/simulate

# Rebuild the committed JavaScript.
dist:
	cd js && npm ci --no-audit --no-fund
	cd js/build && go run .

clean:
	rm -rf js/node_modules judges/npm/node_modules
