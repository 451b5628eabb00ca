package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"net/url"
	"testing"
)

// What was put together is one gzip file, whatever its two parts are.
func TestSpliced(t *testing.T) {
	p := newGzipPools(2)
	random := rand.NewChaCha8([32]byte{1})
	for _, own := range []int{0, 1, 400, maxStored, maxStored + 1, 3 * maxStored} {
		for _, rest := range []int{1, 20_000, 200_000} {
			text := make([]byte, own+rest)
			_, _ = random.Read(text[:own+rest/2]) // half of the rest is zeros
			b := partialBody(text[:own], &sharedBody{plain: text[own:]})
			for range 2 { // packed now, and before
				file, err := gzip.NewReader(bytes.NewReader(p.gzip(b)))
				must(t, err)
				file.Multistream(false)
				got, err := io.ReadAll(file)
				must(t, err)
				if !bytes.Equal(got, text) {
					t.Errorf("%d and %d bytes became %d others", own, rest, len(got))
				}
			}
		}
	}
}

// One parameter is what net/url reads.
func FuzzParameter(f *testing.F) {
	for _, query := range []string{"", "view=shop", "a=1&view=sh%6Fp&view=b", "vie%77=a+b", "view=%zz&view=1", "view;=1&view=2", "view", "&&=&view==1", "view=1;2&view=3", "%zz=1&view=4"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		all, _ := url.ParseQuery(query)
		if got, want := parameter(query, "view"), all.Get("view"); got != want {
			t.Errorf("%q: %q, net/url reads %q", query, got, want)
		}
	})
}
