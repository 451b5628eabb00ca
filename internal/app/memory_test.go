package app

import (
	"testing"
	"testing/fstest"

	"github.com/oriel-server/oriel/internal/web"
)

func files(text map[string]string) fstest.MapFS {
	all := fstest.MapFS{}
	for name, data := range text {
		all[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return all
}

func TestAvailableMemory(t *testing.T) {
	const machine = "MemTotal:        2097152 kB\nMemFree: 1 kB\n"
	for name, test := range map[string]struct {
		files map[string]string
		limit string
		want  memory
	}{
		"nothing is known":   {nil, "", memory{1 << 30, "unknown"}},
		"a machine":          {map[string]string{"proc/meminfo": machine}, "off", memory{1 << 30, "machine"}},
		"GOMEMLIMIT":         {map[string]string{"proc/meminfo": machine}, "300MiB", memory{300 << 20, "GOMEMLIMIT"}},
		"a large GOMEMLIMIT": {map[string]string{"proc/meminfo": machine}, "1TiB", memory{1 << 30, "machine"}},
		"version 2": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "134217728\n",
		}, "", memory{128 << 20, "container"}},
		"version 2 without a limit": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, "", memory{1 << 30, "machine"}},
		"version 2, of the unit's slice": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/agency.slice/oriel.service\n",
			"sys/fs/cgroup/agency.slice/memory.max": "67108864\n", "sys/fs/cgroup/agency.slice/oriel.service/memory.max": "134217728\n",
		}, "", memory{64 << 20, "container"}},
		"version 1": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "9:name=systemd:/x\n4:cpu,memory:/docker/1\n0::/\n",
			"sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "134217728\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, "", memory{128 << 20, "container"}},
		"version 1, seen from inside": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "4:memory:/docker/1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "134217728\n",
		}, "1GiB", memory{128 << 20, "container"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := availableMemory(files(test.files), test.limit); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

// TestBudgetsFitIntoMemory: what all memories take when they are full is less than what the
// collector is given, and that less than what the process may take.
func TestBudgetsFitIntoMemory(t *testing.T) {
	for _, test := range []struct {
		memoryMB         int64
		maxMB            int
		totalMB, cacheMB int64
	}{
		{128, 0, 128, 32}, {256, 0, 256, 64}, {1024, 0, 662, 256}, {64 << 10, 0, 662, 256},
		{1024, 32, 214, 32}, {64 << 10, 1024, 2198, 1024},
	} {
		b := share(memory{test.memoryMB * mb, "test"}, test.maxMB)
		if b.total != test.totalMB*mb || b.cache != test.cacheMB*mb {
			t.Errorf("%+v: total %d MB, cache %d MB", test, b.total/mb, b.cache/mb)
		}
		if b.goLimit+outside > b.total {
			t.Errorf("%+v: the collector has %d MB of %d", test, b.goLimit/mb, b.total/mb)
		}
		full := b.cache + b.parsed + b.decided + b.boards + b.tokens + b.unwritten + b.lines + b.answer +
			int64(b.buckets)*limitKinds*web.BucketBytes + 2*int64(b.encoders)*web.EncoderBytes + int64(b.conns)*connectionBytes
		if full > b.goLimit {
			t.Errorf("%+v: %d MB when all is full, of %d", test, full/mb, b.goLimit/mb)
		}
	}
}
