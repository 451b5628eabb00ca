//go:build unix

package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	connections = 16
	kinds       = 1_000  // different reports
	manyTokens  = 10_000 // different embed tokens
	turnTime    = 250 * time.Millisecond
)

// A load is the load tool: as little as can be between it and the sockets, so
// that the server is what is measured.
type load struct {
	t            testing.TB
	server, bare benched
	placed       string
	tokens       []string
}

// startLoad starts the processes that are measured, on the first core, and moves
// this one to the second.
func startLoad(t testing.TB) *load {
	t.Helper()
	pinned := pinSelf()
	l := &load{t: t, placed: map[bool]string{true: "have a core each", false: "share the cores"}[pinned]}
	l.server, l.bare = startBenched(t, configure(t), pinned), startBenched(t, bareSide, pinned)
	runtime.GOMAXPROCS(1)
	for range manyTokens {
		l.tokens = append(l.tokens, l.mint("/token?view=site"))
	}
	return l
}

// startBenched starts this program again as what is measured.
func startBenched(t testing.TB, serve string, pinned bool) (b benched) {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	args := []string{exe, "-test.run=^TestHotPathServer$", "-test.timeout=0", "-hotpath.serve=" + serve}
	if pinned {
		args = append([]string{"taskset", "-c", "0"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	check(t, json.NewDecoder(out).Decode(&b))
	return b
}

// pinSelf moves this process to the second core; false where it cannot.
func pinSelf() bool {
	if runtime.NumCPU() < 2 {
		return false
	}
	return exec.Command("taskset", "-a", "-c", "-p", "1", strconv.Itoa(os.Getpid())).Run() == nil
}

func (l *load) rows() []row {
	return []row{
		l.reports(kinds, 1, ""),
		l.reports(kinds, manyTokens, ""),
		l.reports(kinds, manyTokens, "gzip"),
		l.oldForm(""), l.oldForm("gzip"),
		l.dashboards(""), l.dashboards("gzip"),
		l.minting(),
	}
}

// reports asks for different reports of about 3 kB.
func (l *load) reports(kinds, tokens int, encoding string) row {
	const body = `{"metrics":[{"name":"sessions"},{"name":"totalUsers"}],"dimensions":[{"name":"date"}],` +
		`"dateRanges":[{"startDate":"30daysAgo","endDate":"yesterday"}],` +
		`"dimensionFilter":{"notExpression":{"filter":{"fieldName":"pagePath","stringFilter":{"value":"/none/%05d"}}}},"limit":"100"}`
	bodies := make([]string, kinds)
	for i := range bodies {
		bodies[i] = fmt.Sprintf(body, i)
	}
	return row{fmt.Sprintf("report, %d token(s) %s", tokens, encoding), func(b []byte, i int) []byte {
		return l.head(b, "POST /v1/views/site:runReport", tokens, i, encoding, bodies[i%kinds])
	}}
}

// oldForm asks for the same in the form of the Core Reporting API v3.
func (l *load) oldForm(encoding string) row {
	paths := make([]string, kinds)
	for i := range paths {
		paths[i] = fmt.Sprintf("GET /analytics/v3/data/ga?ids=ga:123&start-date=30daysAgo&end-date=yesterday&"+
			"metrics=ga:sessions,ga:users&dimensions=ga:date&filters=ga:pagePath!%%3D/none/%05d&max-results=100", i)
	}
	return row{"v3, 10000 tokens " + encoding, func(b []byte, i int) []byte {
		return l.head(b, paths[i%kinds], manyTokens, i, encoding, "")
	}}
}

func (l *load) dashboards(encoding string) row {
	board := l.mint("/token?dashboard=twelve")
	return row{"dashboard, 12 panels " + encoding, func(b []byte, i int) []byte {
		return request(b, "GET /v1/dashboards/twelve", board, encoding, "")
	}}
}

func (l *load) mint(path string) string {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	r := row{"", func(b []byte, _ int) []byte { return request(b, "GET "+path, "", "", "") }}
	check(l.t, json.Unmarshal(l.once(r, 0).Body, &token))
	return token.AccessToken
}

func (l *load) minting() row {
	return row{"embed token minted", func(b []byte, _ int) []byte { return request(b, "GET /token?view=site", "", "", "") }}
}

func (l *load) head(b []byte, line string, tokens, i int, encoding, body string) []byte {
	return request(b, line, l.tokens[i%tokens], encoding, body)
}

// request writes what a browser's script sends, as far as a server reads it.
func request(b []byte, line, token, encoding, body string) []byte {
	b = append(append(b, line...), " HTTP/1.1\r\nHost: stats.example.com\r\nOrigin: "+benchOrigin+
		"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\nAccept: */*\r\nAccept-Language: en\r\n"...)
	if token != "" {
		b = append(append(append(b, "Authorization: Bearer "...), token...), "\r\n"...)
	}
	if encoding != "" {
		b = append(append(append(b, "Accept-Encoding: "...), encoding...), "\r\n"...)
	}
	if body != "" {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n"...)
	}
	return append(append(b, "\r\n"...), body...)
}

// warm asks for all that the row asks for, and returns one answer.
func (l *load) warm(r row) (a bareAnswer) {
	for i := range manyTokens {
		a = l.once(r, i)
	}
	return a
}

// once sends one request to Oriel and returns its answer.
func (l *load) once(r row, i int) bareAnswer {
	l.t.Helper()
	c, err := net.Dial("tcp", l.server.Addresses[0])
	check(l.t, err)
	defer c.Close()
	_, err = c.Write(r.request(nil, i))
	check(l.t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	check(l.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(l.t, err)
	if res.StatusCode != http.StatusOK {
		l.t.Fatalf("%s: %s: %s", r.name, res.Status, body)
	}
	return bareAnswer{res.Header, body}
}

// sideOf returns the process and the address of a side.
func (l *load) sideOf(side int) (b benched, address string) {
	if side == oriel {
		return l.server, l.server.Addresses[0]
	}
	return l.bare, l.bare.Addresses[side-same]
}

// turn asks one side for a while, over all connections.
func (l *load) turn(side int, r row, sum *tally) {
	process, address := l.sideOf(side)
	before, start := l.cost(process), time.Now()
	var wg sync.WaitGroup
	each := make([]tally, connections)
	for i := range each {
		wg.Go(func() {
			if err := each[i].ask(address, r, start.Add(turnTime)); err != nil {
				l.t.Error(err)
			}
		})
	}
	wg.Wait()
	after := l.cost(process)
	sum.wall += time.Since(start)
	sum.cost.CPU += after.CPU - before.CPU
	sum.cost.Mallocs += after.Mallocs - before.Mallocs
	sum.cost.Bytes += after.Bytes - before.Bytes
	for _, a := range each {
		sum.requests += a.requests
		sum.took = append(sum.took, a.took...)
	}
}

// ask sends one request after the other on one connection.
func (a *tally) ask(address string, r row, until time.Time) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 64<<10)
	var out []byte
	zipf := zipfian(rand.Uint64())
	for start := time.Now(); start.Before(until); {
		out = r.request(out[:0], int(zipf.Uint64())+kinds*rand.IntN(manyTokens))
		if _, err := c.Write(out); err != nil {
			return err
		}
		if err := skipAnswer(in); err != nil {
			return err
		}
		end := time.Now()
		a.took = append(a.took, end.Sub(start))
		a.requests++
		start = end
	}
	return nil
}

// zipfian draws reports as a few are asked for often, and many now and then.
func zipfian(seed uint64) *rand.Zipf {
	return rand.NewZipf(rand.New(rand.NewPCG(seed, 1)), 1.1, 1, kinds-1)
}

var errNotOK = errors.New("an answer is not 200, or has no Content-Length")

// skipAnswer reads one answer and keeps nothing of it.
func skipAnswer(in *bufio.Reader) error {
	length := -1
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case n == 0 && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")):
			return errNotOK
		case len(line) > 2:
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				length, _ = strconv.Atoi(string(value[:len(value)-2]))
			}
			continue
		case length < 0:
			return errNotOK
		}
		_, err = in.Discard(length)
		return err
	}
}

func (l *load) control(b benched, method, path string, body []byte) []byte {
	l.t.Helper()
	r, err := http.NewRequest(method, b.Control+path, bytes.NewReader(body))
	check(l.t, err)
	res, err := http.DefaultClient.Do(r)
	check(l.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	check(l.t, err)
	return answer
}

func (l *load) put(path string, a bareAnswer) {
	body, err := json.Marshal(a)
	check(l.t, err)
	l.control(l.bare, http.MethodPut, path, body)
}

func (l *load) cost(b benched) (c cost) {
	check(l.t, json.Unmarshal(l.control(b, http.MethodGet, "/cost", nil), &c))
	return c
}

// profiled writes the profiles of the server and the bare handlers while a row is
// measured, when that is asked for; the returned function waits for them.
func (l *load) profiled(rounds int) (wait func()) {
	if *profile == "" {
		return func() {}
	}
	seconds := max(1, int(sides*turnTime.Seconds()*float64(rounds)))
	path := "/profile?seconds=" + strconv.Itoa(seconds)
	server, bare := make(chan []byte), make(chan []byte)
	go func() { server <- l.control(l.server, http.MethodGet, path, nil) }()
	go func() { bare <- l.control(l.bare, http.MethodGet, path, nil) }()
	return func() {
		check(l.t, os.WriteFile(*profile, <-server, 0o600))
		check(l.t, os.WriteFile(*profile+".bare", <-bare, 0o600))
		check(l.t, os.WriteFile(*profile+".allocs", l.control(l.server, http.MethodGet, "/allocs", nil), 0o600))
	}
}
