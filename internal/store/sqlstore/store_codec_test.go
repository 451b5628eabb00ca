package sqlstore

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/cache"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

// set fills every field of a struct with something that is not zero.
func set(t *testing.T, v reflect.Value) {
	for f, value := range v.Fields() {
		switch value.Interface().(type) {
		case time.Time:
			value.Set(reflect.ValueOf(time.Date(2026, 11, 23, 15, 4, 5, 678, time.UTC)))
			continue
		case *report.Encodings:
			value.Set(reflect.ValueOf(new(report.Encodings))) // made of the body, and begun again
			continue
		case []string:
			value.Set(reflect.ValueOf([]string{"a", f.Name}))
			continue
		}
		switch value.Kind() {
		case reflect.String:
			value.SetString("Grün <&>\u2028 " + f.Name)
		case reflect.Int, reflect.Int64:
			value.SetInt(7)
		case reflect.Bool:
			value.SetBool(true)
		case reflect.Slice:
			value.SetBytes([]byte(f.Name))
		default:
			t.Fatalf("%s is of a kind that nobody thought of: does the file keep it?", f.Name)
		}
	}
}

// TestEveryFieldIsKept fails when a field is added that the file does not keep.
func TestEveryFieldIsKept(t *testing.T) {
	var r report.Report
	set(t, reflect.ValueOf(&r).Elem())
	at := r.FetchedAt
	want := &cache.Record{Key: storetest.Key(1), Report: &r, Stored: at, Good: at.Add(1), Kept: at.Add(2), Used: at.Add(3)}
	got, err := decode(want.Key, encode(want))
	if err != nil {
		t.Fatal(err)
	}
	got.Used = want.Used // a column of its own
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v %+v\nwant %+v %+v", got, got.Report, want, want.Report)
	}
}

// TestNoByteGoesUnnoticed flips each bit of a record and cuts it off everywhere.
func TestNoByteGoesUnnoticed(t *testing.T) {
	r := storetest.Record(1, 1, 60, time.Now())
	data := encode(r)
	for i := range len(data) * 8 {
		data[i/8] ^= 1 << (i % 8)
		if _, err := decode(r.Key, data); err == nil {
			t.Errorf("bit %d was flipped, and nobody noticed", i)
		}
		data[i/8] ^= 1 << (i % 8)
	}
	for n := range data {
		if _, err := decode(r.Key, data[:n]); err == nil {
			t.Errorf("cut off at %d, and nobody noticed", n)
		}
	}
	if _, err := decode(storetest.Key(2), data); err == nil {
		t.Error("a record was read under another's key")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(storetest.Record(1, 1, 60, time.Now())))
	f.Add(make([]byte, prefix))
	f.Fuzz(func(t *testing.T, data []byte) {
		k := storetest.Key(1)
		if r, err := decode(k, data); (r == nil) == (err == nil) {
			t.Errorf("%v, %v", r, err)
		}
		if len(data) >= prefix { // with a sum that is right
			sum := sumOf(k, data)
			copy(data, sum[:])
			if r, err := decode(k, data); (r == nil) == (err == nil) {
				t.Errorf("%v, %v", r, err)
			}
		}
	})
}

// BenchmarkGet reads records of 3 kB from the file.
func BenchmarkGet(b *testing.B) {
	s := filled(b, 10_000)
	random := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		if r, err := s.Get(b.Context(), storetest.Key(random.IntN(10_000))); err != nil || r == nil {
			b.Fatal(r, err)
		}
	}
}

// BenchmarkGetParallel does so from many goroutines.
func BenchmarkGetParallel(b *testing.B) {
	s := filled(b, 10_000)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if r, err := s.Get(b.Context(), storetest.Key(rand.IntN(10_000))); err != nil || r == nil {
				b.Error(r, err)
			}
		}
	})
}

// BenchmarkPut writes records of 3 kB in batches of 500.
func BenchmarkPut(b *testing.B) {
	s := filled(b, 0)
	body := storetest.Record(1, 1, 3000, time.Now()).Report
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		batch := &cache.Batch{}
		for range 500 {
			n++
			batch.Put = append(batch.Put, &cache.Record{Key: storetest.Key(n), Report: body, Stored: time.Now(), Used: time.Now()})
		}
		if err := s.Apply(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkMemoryHit and BenchmarkDiskHit are the same question to a cache, whose
// memory has the answer or, by its small size, has not.
func BenchmarkMemoryHit(b *testing.B) { hit(b, 64<<20) }
func BenchmarkDiskHit(b *testing.B)   { hit(b, 8<<10) }

func hit(b *testing.B, memory int64) {
	s := filled(b, 0)
	c, err := keeping(cache.AnswersConfig{Clock: time.Now, MaxBytes: memory, Store: s})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	const questions = 2000
	for n := range questions {
		if _, err := c.Report(b.Context(), question(n)); err != nil {
			b.Fatal(err)
		}
	}
	for s.Stats().Records < questions {
		time.Sleep(10 * time.Millisecond)
	}
	before := c.Stats().StoreHits
	n := 0
	for b.Loop() {
		n++
		if _, err := c.Report(b.Context(), question(n%questions)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(c.Stats().StoreHits-before)/float64(n), "disk/op")
}

func filled(b *testing.B, records int) *Store {
	c := config(b.TempDir() + "/cache.db")
	c.MaxBytes = 4 << 30
	s, err := Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	batch := &cache.Batch{}
	for n := range records {
		batch.Put = append(batch.Put, storetest.Record(n, 1, 3000, time.Now()))
	}
	if err := s.Apply(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	return s
}
