package limits

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
	"github.com/oriel-server/oriel/judges/house"
)

var (
	memoryMB  = flag.Int64("limits.mb", 128, "memory that the server is given, in MB")
	questions = flag.Int("limits.questions", 3_000, "different questions that a stranger asks")
	maxMB     = flag.Int64("limits.max_mb", 0, "cache.max_mb; 0 leaves it out")
)

const (
	origin    = "https://www.example.com"
	visitors  = 32
	largeEach = 50 // one of so many answers is large
	repeated  = 20 // times that its rows are repeated
)

// TestStrangerWithinMemory: the server answers a stranger who asks thousands of different
// questions, some with large answers, within the memory that GOMEMLIMIT names.
func TestStrangerWithinMemory(t *testing.T) {
	program, err := house.Build(t.TempDir())
	check(t, err)
	google := newGoogle(t)
	key, err := google.IssueKey("robot@limits-project.iam.gserviceaccount.com")
	check(t, err)
	rest := fmt.Sprintf(`
limits: {tokens_per_second: 1e6, tokens_burst: 1000000, requests_per_second: 1e6, requests_burst: 1000000, view_per_second: 1e6, view_burst: 1000000}
views:
  shop:
    {property: "412600303", public: questions, public_tokens_per_day: 1000000000, origins: [%q], history: {days: 60},
     fields: {allow: [sessions, totalUsers, date, dateHourMinute, pagePath, pageTitle, country, city]}}
`, origin)
	limit := *memoryMB << 20
	if *maxMB > 0 {
		rest += fmt.Sprintf("cache: {max_mb: %d}\n", *maxMB)
		limit = min(limit, 2**maxMB<<20+150<<20)
	}
	t.Setenv("GOMEMLIMIT", fmt.Sprintf("%dMiB", *memoryMB))
	server := house.Serve(t, program, house.Config{Google: google, Key: key, Rest: rest})
	check(t, server.AwaitStart())
	token, err := server.Token(origin, "view=shop")
	check(t, err)
	start, err := server.PeakMemory()
	check(t, err)

	v := &visitor{url: server.Public + "/v1/views/shop:runReport", token: token, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: visitors}, Timeout: time.Minute,
	}}
	v.askAll(*questions)
	peak, err := server.PeakMemory()
	check(t, err)
	t.Logf("%d of %d questions answered, %d MB in all, the largest %d kB; peak memory %d MB of %d, %d at the start",
		v.answered.Load(), *questions, v.bytes.Load()>>20, v.largest.Load()>>10, peak>>20, limit>>20, start>>20)
	if v.answered.Load() < int64(*questions)*9/10 {
		t.Errorf("only %d of %d questions were answered, the last error is %v", v.answered.Load(), *questions, v.err.Load())
	}
	if peak > limit {
		t.Errorf("the server took %d MB of %d", peak>>20, limit>>20)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newGoogle serves an emulator whose quota never ends.
func newGoogle(t *testing.T) *house.Google {
	t.Helper()
	past, err := world.New(world.Config{Seed: 1, Now: time.Now(), Days: 60, Events: 6_000})
	check(t, err)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	e, err := emulator.New(emulator.Config{World: past, BaseURL: server.URL, Quota: 1e6})
	check(t, err)
	handler = enlarged(e.Handler())
	return &house.Google{Emulator: e, URL: server.URL}
}

// enlarged repeats the rows of answers to large questions: a world with as many events takes
// too long to search.
func enlarged(google http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.Body = io.NopCloser(bytes.NewReader(body)); err != nil || !bytes.Contains(body, []byte("dateHourMinute")) {
			google.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		google.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(someRows.ReplaceAllFunc(answer.Body.Bytes(), func(some []byte) []byte { // the server may hang up
			some = bytes.TrimSuffix(bytes.TrimPrefix(some, []byte(`"rows":[`)), []byte("]"))
			return fmt.Appendf(nil, `"rows":[%s]`, bytes.Join(slices.Repeat([][]byte{some}, repeated), []byte(",")))
		}))
	})
}

// someRows matches the rows of an answer, each with two lists.
var someRows = regexp.MustCompile(`"rows":\[(\{("\w+":\[[^\]]*\],?)+\},?)+\]`)

// A visitor asks questions that nobody has asked, on several connections.
type visitor struct {
	url, token               string
	client                   *http.Client
	answered, bytes, largest atomic.Int64
	err                      atomic.Value
}

func (v *visitor) askAll(n int) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range visitors {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := v.ask(i); err != nil {
					v.err.Store(fmt.Sprint(err))
				}
			}
		})
	}
	all.Wait()
}

func (v *visitor) ask(i int64) error {
	dimensions, limit := `{"name":"date"}`, 100
	if i%largeEach == 0 {
		dimensions, limit = `{"name":"dateHourMinute"},{"name":"pagePath"},{"name":"pageTitle"},{"name":"country"},{"name":"city"}`, 100_000
	}
	body := fmt.Sprintf(`{"metrics":[{"name":"sessions"},{"name":"totalUsers"}],"dimensions":[%s],
"dateRanges":[{"startDate":"30daysAgo","endDate":"yesterday"}],"limit":"%d",
"dimensionFilter":{"notExpression":{"filter":{"fieldName":"pagePath","stringFilter":{"value":"/none/%d"}}}}}`, dimensions, limit, i)
	r, err := http.NewRequest(http.MethodPost, v.url, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + v.token, "Origin": origin, "Accept-Encoding": "gzip"} {
		r.Header.Set(name, value)
	}
	res, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s", res.Status, text)
	}
	size, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return err
	}
	v.answered.Add(1)
	v.bytes.Add(size)
	for most := v.largest.Load(); size > most && !v.largest.CompareAndSwap(most, size); most = v.largest.Load() {
	}
	return nil
}
