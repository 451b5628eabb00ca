package app

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/web"
)

// budgets are the bytes of each memory of the process. All follow from the memory that there is.
type budgets struct {
	total     int64 // of the process, RSS
	source    string
	cache     int64 // reports, with their compressed and translated forms
	parsed    int64 // queries as they were sent, parsed
	decided   int64 // what the gate decided about them
	boards    int64 // prepared dashboards, encoded
	tokens    int64 // verified tokens
	buckets   int   // of each kind of rate limit
	unwritten int64 // reports that are not yet on the disk
	lines     int64 // of the audit trail that are not yet on the disk
	encoders  int   // of each of two levels
	conns     int   // the default of limits.connections
	answer    int64 // the largest response of Google
	inFlight  int64 // large answers that are being written
	large     int64 // responses of Google from this size are read one at a time
	goLimit   int64 // the collector's soft limit
}

const (
	mb = 1 << 20
	// limitKinds is how many kinds of rate limits there are, see web.Limits.
	limitKinds = 12
	// defaultCache is the most that the cache takes without cache.max_mb.
	defaultCache = 256 * mb
	// beside is what the process takes at most beside twice the cache.
	beside = 150 * mb
	// outside is what the collector does not see: the program's text, SQLite's pages.
	outside = 40 * mb
)

// share divides memory. maxMB is cache.max_mb; 0 if it is not written.
func share(m memory, maxMB int) budgets {
	b := budgets{source: m.source, cache: min(m.bytes/4, defaultCache)}
	if maxMB > 0 {
		b.cache = int64(maxMB) * mb
	}
	b.total = min(m.bytes, 2*b.cache+beside)
	part := b.total / 64
	b.parsed, b.decided, b.boards = 4*part, 4*part, 2*part
	b.tokens, b.buckets = 2*part, int(min(2*part/limitKinds/web.BucketBytes, 20_000))
	b.unwritten, b.lines = min(part, 32*mb), min(part, 8*mb)
	b.encoders = max(1, min(runtime.GOMAXPROCS(0), int(part/web.EncoderBytes)))
	b.conns = min(int(6*part/connectionBytes), maxConnections)
	b.answer, b.large = min(4*part, 128*mb), min(part/16, 8*mb)
	b.inFlight = 8 * part
	b.goLimit = max(b.total-outside, b.total/2)
	return b
}

// budgets divides the memory that there is now.
func (c *Config) budgets() budgets {
	b := share(availableMemory(os.DirFS("/"), os.Getenv("GOMEMLIMIT")), c.Cache.MaxMB)
	if c.Limits.MaxAnswerMB > 0 {
		most := int64(c.Limits.MaxAnswerMB) * mb
		b.answer = min(b.answer, most)
		b.inFlight = max(b.inFlight, 2*most) // half of it is closed to anonymous visitors
	}
	return b
}

// log writes one line with all shares, and a warning if the cache leaves too little to the rest.
func (b budgets) log(log *slog.Logger) {
	size := func(n int64) int64 { return n / mb }
	log.Info("memory in MB", "total", size(b.total), "source", b.source, "collector", size(b.goLimit),
		"cache", size(b.cache), "parsed_queries", size(b.parsed), "decisions", size(b.decided), "dashboards", size(b.boards),
		"tokens", size(b.tokens), "limits", size(int64(b.buckets)*limitKinds*web.BucketBytes), "encoders", size(2*int64(b.encoders)*web.EncoderBytes), "unwritten", size(b.unwritten), "audit", size(b.lines),
		"connections", size(int64(b.conns)*connectionBytes), "largest_answer", size(b.answer), "in_flight", size(b.inFlight))
	if b.cache > b.total/2 {
		log.Warn("cache.max_mb is more than half of the memory that there is; leave it out, or give the process more",
			"max_mb", size(b.cache), "memory_mb", size(b.total))
	}
}

// gcPercent halves the number of collections: garbage may grow to twice the live heap, most of which is
// stored answers, within the soft limit.
const gcPercent = 200

// TuneCollector trades memory for CPU time, for the whole process, within its share: main calls it before
// New. GOGC in the environment takes precedence.
func (c *Config) TuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.SetMemoryLimit(c.budgets().goLimit)
}

// A memory is what the process may take.
type memory struct {
	bytes  int64
	source string
}

// unknownMemory is assumed where the system does not say.
const unknownMemory = 1024 * mb

// availableMemory returns the least of GOMEMLIMIT, the container's limit and half of the machine's memory, of
// which other programs need some. root is the root of the file system.
func availableMemory(root fs.FS, goMemLimit string) memory {
	found := []memory{{parseBytes(goMemLimit), "GOMEMLIMIT"}, {containerLimit(root), "container"}, {machineMemory(root) / 2, "machine"}}
	found = slices.DeleteFunc(found, func(m memory) bool { return m.bytes <= 0 })
	if len(found) == 0 {
		return memory{unknownMemory, "unknown"}
	}
	return slices.MinFunc(found, func(a, b memory) int { return cmp.Compare(a.bytes, b.bytes) })
}

// parseBytes reads GOMEMLIMIT; 0 if it sets none.
func parseBytes(text string) int64 {
	digits := strings.TrimRight(text, "BKMGTi")
	n, err := strconv.ParseInt(digits, 10, 64)
	power, ok := map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[text[len(digits):]]
	if err != nil || !ok {
		return 0
	}
	return n << power
}

// containerLimit returns the least limit of the process's control group and those above it, of version 1 or
// 2; 0 if there is none. In a container without a namespace of its own for them, the group's path does not
// exist, and the container's group is at the root.
func containerLimit(root fs.FS) int64 {
	var least int64
	groups, _ := fs.ReadFile(root, "proc/self/cgroup") // without the file, there is no limit
	for line := range strings.Lines(string(groups)) {
		_, group, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(group, ":")
		dir, file := "sys/fs/cgroup", "memory.max"
		switch {
		case slices.Contains(strings.Split(controllers, ","), "memory"):
			dir, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case controllers != "":
			continue
		}
		for group = path.Clean("/" + group); ; group = path.Dir(group) {
			text, _ := fs.ReadFile(root, path.Join(dir, group, file))
			n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
			if err == nil && n > 0 && (least == 0 || n < least) {
				least = n
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}

// machineMemory returns the machine's memory; 0 if it is not known.
func machineMemory(root fs.FS) int64 {
	text, _ := fs.ReadFile(root, "proc/meminfo")
	var kb int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kb); err != nil {
		return 0
	}
	return kb << 10
}
