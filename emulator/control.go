package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// Control serves the endpoints that control the emulator. Never reachable from where Handler is.
// README.md has a table of its paths.
func (e *Emulator) Control() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*http.Request) (any, error){
		"GET /clock":                                  e.getClock,
		"PUT /clock":                                  e.putClock,
		"PUT /latency/{method}":                       e.putLatency,
		"PUT /faults/{method}":                        e.putFault,
		"DELETE /faults/{method}":                     e.deleteFault,
		"PUT /quota/{property}":                       e.putQuota,
		"GET /accounts":                               e.getAccounts,
		"POST /accounts/{email}/keys":                 e.postKey,
		"POST /accounts/{email}/revoke":               byEmail(e.RevokeAccount),
		"POST /accounts/{email}/restore":              byEmail(e.RestoreAccount),
		"POST /accounts/{email}/revokeTokens":         byEmail(e.RevokeTokens),
		"PUT /accounts/{email}/properties/{property}": e.putAccess,
		"PUT /keys/{id}":                              e.putKey,
		"POST /properties":                            e.postProperty,
		"PUT /properties/{property}":                  e.putProperty,
		"PUT /properties/{property}/flags":            e.putFlags,
		"PUT /properties/{property}/values":           e.putValues,
		"GET /counts":                                 func(*http.Request) (any, error) { return e.Counts(), nil },
		"POST /reset": func(*http.Request) (any, error) {
			e.Reset()
			return done, nil
		},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			answer, err := serve(r)
			writeControl(w, answer, err)
		})
	}
	return mux
}

// done is the answer where there is nothing to say.
var done = struct{}{}

func writeControl(w http.ResponseWriter, answer any, err error) {
	code := http.StatusOK
	if err != nil {
		code, answer = http.StatusBadRequest, map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(answer) // the client left
}

// readControl reads a JSON body strictly: a misspelt name must not pass for a
// setting that was made.
func readControl(r *http.Request, into any) error {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the body: %w", err)
	}
	return nil
}

// A span of time in the control endpoint's JSON: "1h30m".
type interval time.Duration

// UnmarshalText reads what time.ParseDuration reads.
func (i *interval) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*i = interval(d)
	return err
}

type clockState struct {
	Time   time.Time `json:"time"`
	Frozen bool      `json:"frozen"`
}

func (e *Emulator) getClock(*http.Request) (any, error) {
	return clockState{e.Now(), e.clock.isFrozen()}, nil
}

func (e *Emulator) putClock(r *http.Request) (any, error) {
	var ask struct {
		Time    *time.Time `json:"time"`
		Advance interval   `json:"advance"`
		Frozen  *bool      `json:"frozen"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	if ask.Time != nil {
		e.SetTime(*ask.Time)
	}
	e.Advance(time.Duration(ask.Advance))
	if ask.Frozen != nil {
		e.Freeze(*ask.Frozen)
	}
	return e.getClock(r)
}

func (e *Emulator) putLatency(r *http.Request) (any, error) {
	var ask struct {
		Fixed  interval `json:"fixed"`
		Jitter interval `json:"jitter"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	return done, e.SetLatency(r.PathValue("method"), Latency{time.Duration(ask.Fixed), time.Duration(ask.Jitter)})
}

func (e *Emulator) putFault(r *http.Request) (any, error) {
	var ask struct {
		Fault
		Delay interval `json:"delay"`
		For   interval `json:"for"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	ask.Fault.Delay, ask.Fault.For = time.Duration(ask.Delay), time.Duration(ask.For)
	return done, e.SetFault(r.PathValue("method"), ask.Fault)
}

func (e *Emulator) deleteFault(r *http.Request) (any, error) {
	return done, e.SetFault(r.PathValue("method"), Fault{Property: r.URL.Query().Get("property")})
}

func (e *Emulator) putQuota(r *http.Request) (any, error) {
	var ask struct {
		Realtime  bool           `json:"realtime"`
		Remaining map[string]int `json:"remaining"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	for bucket, left := range ask.Remaining {
		if err := e.SetQuotaLeft(r.PathValue("property"), ask.Realtime, bucket, left); err != nil {
			return nil, err
		}
	}
	return done, nil
}

func (e *Emulator) getAccounts(*http.Request) (any, error) {
	return map[string][]AccountState{"accounts": e.Accounts()}, nil
}

// postKey issues a key; the answer is the key file.
func (e *Emulator) postKey(r *http.Request) (any, error) {
	var ask struct {
		Properties []string `json:"properties"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	file, err := e.IssueKey(r.PathValue("email"), ask.Properties...)
	return json.RawMessage(file), err
}

func byEmail(act func(email string) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) { return done, act(r.PathValue("email")) }
}

func (e *Emulator) putAccess(r *http.Request) (any, error) {
	var ask struct {
		Access *bool `json:"access"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	if ask.Access == nil {
		return nil, errors.New(`say {"access": true} or {"access": false}`)
	}
	return done, e.SetAccess(r.PathValue("email"), r.PathValue("property"), *ask.Access)
}

func (e *Emulator) putKey(r *http.Request) (any, error) {
	var ask struct {
		Disabled *bool `json:"disabled"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	if ask.Disabled == nil {
		return nil, errors.New(`say {"disabled": true} or {"disabled": false}`)
	}
	return done, e.SetKeyDisabled(r.PathValue("id"), *ask.Disabled)
}

// postProperty adds a property. What the body leaves out is usual.
func (e *Emulator) postProperty(r *http.Request) (any, error) {
	var ask struct {
		Property     string `json:"property"`
		DisplayName  string `json:"displayName"`
		TimeZone     string `json:"timeZone"`
		CurrencyCode string `json:"currencyCode"`
		Profile      string `json:"profile"`
		Days         int    `json:"days"`
		Empty        bool   `json:"empty"`
		Premium      bool   `json:"premium"`
		Custom       []struct {
			Name       string   `json:"name"`
			Label      string   `json:"label"`
			Values     []string `json:"values"`
			Event      string   `json:"event"`
			Type       string   `json:"type"`
			Expression string   `json:"expression"`
		} `json:"custom"`
	}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	s := world.Site{
		Property: ask.Property, Name: ask.DisplayName, TimeZone: ask.TimeZone, CurrencyCode: ask.CurrencyCode,
		Profile: ask.Profile, Days: ask.Days, Empty: ask.Empty, Premium: ask.Premium,
	}
	for _, c := range ask.Custom {
		s.Custom = append(s.Custom, world.Custom(c))
	}
	return done, e.AddProperty(s)
}

func (e *Emulator) putProperty(r *http.Request) (any, error) {
	var c PropertyChange
	if err := readControl(r, &c); err != nil {
		return nil, err
	}
	return done, e.ChangeProperty(r.PathValue("property"), c)
}

func (e *Emulator) putFlags(r *http.Request) (any, error) {
	var f Flags
	if err := readControl(r, &f); err != nil {
		return nil, err
	}
	return done, e.SetFlags(r.PathValue("property"), f)
}

func (e *Emulator) putValues(r *http.Request) (any, error) {
	var v Values
	if err := readControl(r, &v); err != nil {
		return nil, err
	}
	return done, e.SetValues(r.PathValue("property"), v)
}
