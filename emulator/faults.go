package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// A Fault is what goes wrong, how often, and for which requests. The zero Fault is none.
// It strikes every request unless Rate, Times or Every says which.
type Fault struct {
	// As is the kind of fault; AsError if empty.
	As FaultKind `json:"as,omitempty"`
	// Status is the HTTP status that is answered: 500, 503, 429 … Required for
	// AsError, AsHTML and AsEmpty; the others have their own.
	Status int `json:"status,omitempty"`
	// Cut closes the connection without an answer.
	Cut bool `json:"cut,omitempty"`
	// Body is the page of AsHTML; empty for one that a proxy would write.
	Body string `json:"body,omitempty"`
	// Location is where AsRedirect leads; empty for a login page of the emulator's.
	Location string `json:"location,omitempty"`
	// Delay is how long the body takes under AsSlow.
	Delay time.Duration `json:"-"`
	// Members are what AsMembers puts into the answer.
	Members json.RawMessage `json:"members,omitempty"`

	// Property narrows the fault to requests about one property; empty for all.
	Property string `json:"property,omitempty"`
	// Rate is the part of the requests that fail, 0 to 1.
	Rate float64 `json:"rate,omitempty"`
	// Every makes each n-th request fail, and no other: 20 is one in twenty.
	Every int `json:"every,omitempty"`
	// Times is how many requests fail from now on, before Rate and Every are looked at.
	Times int `json:"times,omitempty"`
	// For is how long the fault lasts, by the emulator's clock; 0 for until it is ended.
	For time.Duration `json:"-"`
}

// A FaultKind says what a client gets.
type FaultKind string

// The kinds of faults.
const (
	// AsError is an error of Google's with Status, in its JSON envelope. Some have texts
	// of their own: 401 (invalid credentials), 403 (no permission for this property), 429
	// (concurrent requests). It strikes after credentials, property and quota were checked.
	AsError FaultKind = ""
	// AsHTML is a page with Status, any from 200 to 599, as a proxy or a front end sends it.
	AsHTML FaultKind = "html"
	// AsEmpty is Status without a body.
	AsEmpty FaultKind = "empty"
	// AsRedirect is a 302 to a login page.
	AsRedirect FaultKind = "redirect"
	// AsServiceDisabled is the 403 of a Cloud project in which the API is off.
	AsServiceDisabled FaultKind = "serviceDisabled"
	// AsPerMinute is the 429 of a project that sent too many requests in a minute.
	AsPerMinute FaultKind = "perMinute"
	// AsTruncated is half of the right answer, and then a closed connection.
	AsTruncated FaultKind = "truncated"
	// AsHalf is half of the right answer as if it were all.
	AsHalf FaultKind = "half"
	// AsSlow is the right answer in pieces that take Delay together.
	AsSlow FaultKind = "slow"
	// AsBrokenGzip is the right answer with a damaged gzip encoding.
	AsBrokenGzip FaultKind = "brokenGzip"
	// AsMembers is the right answer with Members put into it: objects are merged, a name
	// within an array is an index or "*" for each, everything else is replaced.
	AsMembers FaultKind = "members"
	// AsUnknown is the right answer with members and enum values that clients of today may
	// not know: notices in metadata, types of metrics, and some that do not exist.
	AsUnknown FaultKind = "unknown"
	// AsQuotaText is the right answer with the numbers of propertyQuota as strings.
	AsQuotaText FaultKind = "quotaText"
)

// A stage is where a request is when a fault strikes it.
type stage int

const (
	atFront   stage = iota // before anything was checked
	atService              // after credentials, property and quota
	onAnswer               // when a right answer is written
)

func (k FaultKind) stage() stage {
	switch k {
	case AsError:
		return atService
	case AsHTML, AsEmpty, AsRedirect, AsServiceDisabled, AsPerMinute:
		return atFront
	}
	return onAnswer
}

// none reports whether f is the zero Fault but for the property.
func (f Fault) none() bool {
	return f.As == "" && f.Status == 0 && !f.Cut && f.Body == "" && f.Location == "" && f.Delay == 0 && len(f.Members) == 0 &&
		f.Rate == 0 && f.Every == 0 && f.Times == 0 && f.For == 0
}

func (f Fault) check() error {
	kinds := []FaultKind{
		AsError, AsHTML, AsEmpty, AsRedirect, AsServiceDisabled, AsPerMinute, AsTruncated, AsHalf, AsSlow, AsBrokenGzip,
		AsMembers, AsUnknown, AsQuotaText,
	}
	page := f.As == AsHTML || f.As == AsEmpty
	switch {
	case f.none():
	case !slices.Contains(kinds, f.As):
		return fmt.Errorf("emulator: a fault as %q does not exist; use one of %q", f.As, kinds)
	case f.Rate < 0 || f.Rate > 1 || f.Times < 0 || f.Every < 0 || f.For < 0 || f.Delay < 0:
		return fmt.Errorf("emulator: rate %v must be between 0 and 1; times, every, for and delay not negative", f.Rate)
	case f.Rate > 0 && f.Every > 0:
		return fmt.Errorf("emulator: a fault has either a rate or every")
	case f.Cut && (f.Status != 0 || f.As != AsError), f.As == AsError && !f.Cut && f.Status == 0:
		return fmt.Errorf("emulator: a fault has either a status, or cut, or says as what")
	case f.As == AsError && !f.Cut && (f.Status < 400 || f.Status > 599 || http.StatusText(f.Status) == ""):
		return fmt.Errorf("emulator: %d is not the status of an error", f.Status)
	case page && (f.Status < 200 || f.Status > 599 || http.StatusText(f.Status) == ""):
		return fmt.Errorf("emulator: %d is not a status that a page has", f.Status)
	case !page && f.As != AsError && f.Status != 0:
		return fmt.Errorf("emulator: a fault as %q has a status of its own", f.As)
	case (f.As == AsMembers) != (len(f.Members) > 0), f.As == AsMembers && !json.Valid(f.Members):
		return fmt.Errorf("emulator: members belong to a fault as %q, and it needs some", AsMembers)
	}
	return nil
}

// A fault is a Fault in force.
type fault struct {
	Fault
	until time.Time // zero: no end
	seen  int       // requests of its stage, for Every
}

// SetFault makes a method ("runReport", "token" …, "*" for all without a fault of
// their own) fail, for all properties or, with Fault.Property, for requests about one. The
// zero Fault ends it.
func (e *Emulator) SetFault(method string, f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Property != "" {
		if err := e.checkProperties([]string{f.Property}); err != nil {
			return err
		}
	}
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	key := faultKey{method, f.Property}
	if f.none() {
		delete(e.controls.faults, key)
		return nil
	}
	made := &fault{Fault: f}
	if f.For > 0 {
		made.until = e.clock.now().Add(f.For)
	}
	e.controls.faults[key] = made
	return nil
}

// faultKey says which requests a fault is for; an empty property is any.
type faultKey struct{ method, property string }

// strike returns the fault of one request at a stage, or nil. The narrowest setting
// counts: the method's for the property, the method's, all methods'.
func (s *controls) strike(method, property string, at stage, now time.Time) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []faultKey{{method, property}, {method, ""}, {"*", property}, {"*", ""}} {
		f := s.faults[key]
		if f == nil {
			continue
		}
		if !f.until.IsZero() && !now.Before(f.until) {
			delete(s.faults, key)
			continue
		}
		if f.As.stage() != at || !f.hits(s.dice) {
			return nil
		}
		if f.Times == 1 && f.Rate == 0 && f.Every == 0 {
			delete(s.faults, key) // spent
		}
		hit := f.Fault
		f.Times = max(0, f.Times-1)
		return &hit
	}
	return nil
}

// hits reports whether the fault strikes the next request.
func (f *fault) hits(dice *rand.Rand) bool {
	switch {
	case f.Times > 0:
		return true
	case f.Every > 0:
		f.seen++
		return f.seen%f.Every == 0
	case f.Rate > 0:
		return dice.Float64() < f.Rate
	}
	return true
}

// disturb waits as long as the method's latency says and returns the status that
// must be answered, 0 for none. It does not return when the connection must be cut.
func (e *Emulator) disturb(ctx context.Context, method, property string) (status int) {
	if wait := e.controls.wait(method); wait > 0 {
		pause(ctx, wait)
	}
	f := e.controls.strike(method, property, atService, e.clock.now())
	if f == nil {
		return 0
	}
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	return f.Status
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
