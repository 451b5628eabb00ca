package emulator

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Latency is how long a method takes before it answers.
type Latency struct {
	Fixed  time.Duration // always
	Jitter time.Duration // and up to this much more
}

// Flags are what the metadata of a property's reports say about their quality,
// whatever the data.
type Flags struct {
	// SamplesRead of SamplingSpace events were read: 0 for no sampling.
	SamplesRead   int64 `json:"samplesReadCount,omitempty"`
	SamplingSpace int64 `json:"samplingSpaceSize,omitempty"`
	// Thresholding says that rows may be withheld.
	Thresholding bool `json:"subjectToThresholding,omitempty"`
	// OtherRow says that rows were condensed into "(other)".
	OtherRow bool `json:"dataLossFromOtherRow,omitempty"`
}

// Values are what rows have in place of their own, by field: the first row the first, the
// next row the next, and so on, over again. They are written as they are: "NaN", "-0",
// "(other)", "". Totals and the order of rows are those of the true values.
type Values map[string][]string

// replace writes the values into rows under headers.
func (v Values) replace(dimensions []nameHeader, metrics []metricHeader, rows []rowAnswer) {
	if len(v) == 0 {
		return
	}
	for i, r := range rows {
		for c, h := range dimensions {
			v.put(h.Name, i, &r.DimensionValues[c])
		}
		for c, h := range metrics {
			v.put(h.Name, i, &r.MetricValues[c])
		}
	}
}

func (v Values) put(name string, row int, into *cell) {
	if list := v[name]; len(list) > 0 {
		into.Value = list[row%len(list)]
	}
}

// controls are what the control endpoint changed.
type controls struct {
	mu      sync.Mutex
	latency map[string]Latency // by method; "*" for all others
	faults  map[faultKey]*fault
	flags   map[string]Flags  // by property
	values  map[string]Values // by property
	dice    *rand.Rand
}

func newControls() *controls {
	s := &controls{}
	s.reset()
	return s
}

// reset also reseeds: the same requests meet the same faults after it.
func (s *controls) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency, s.faults, s.flags = map[string]Latency{}, map[faultKey]*fault{}, map[string]Flags{}
	s.values = map[string]Values{}
	s.dice = rand.New(rand.NewPCG(1, 2))
}

func (s *controls) flagsOf(property string) Flags {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flags[property]
}

func (s *controls) valuesOf(property string) Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[property]
}

// wait draws how long one request takes.
func (s *controls) wait(method string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.latency[method]
	if !ok {
		l = s.latency["*"]
	}
	wait := l.Fixed
	if l.Jitter > 0 {
		wait += time.Duration(s.dice.Int64N(int64(l.Jitter)))
	}
	return wait
}

// AllowImpersonation lets caller (an e-mail address, or the principal of a
// federated identity) get access tokens of the account target.
func (e *Emulator) AllowImpersonation(target, caller string) error {
	return e.accounts.change(target, func(a *account) { a.impersonators[caller] = true })
}

// RevokeAccount deletes the account, as far as Google's answers go: the token
// endpoint answers invalid_grant, and its live access tokens are refused with 401.
func (e *Emulator) RevokeAccount(email string) error {
	err := e.accounts.change(email, func(a *account) { a.revoked = true })
	if err == nil {
		e.tokens.revokeAll(email)
	}
	return err
}

// RestoreAccount undoes RevokeAccount. Access tokens of before stay refused.
func (e *Emulator) RestoreAccount(email string) error {
	return e.accounts.change(email, func(a *account) { a.revoked = false })
}

// RevokeTokens makes the live access tokens of an account invalid; it may get
// new ones.
func (e *Emulator) RevokeTokens(email string) error {
	err := e.accounts.change(email, func(*account) {})
	if err == nil {
		e.tokens.revokeAll(email)
	}
	return err
}

// SetAccess grants or takes an account's access to a property.
func (e *Emulator) SetAccess(email, property string, may bool) error {
	if err := e.checkProperties([]string{property}); err != nil {
		return err
	}
	return e.accounts.change(email, func(a *account) { a.setSees(property, may) })
}

// SetKeyDisabled disables or enables a key by its private_key_id. Assertions
// signed with a disabled key have an invalid signature.
func (e *Emulator) SetKeyDisabled(id string, disabled bool) error {
	return e.accounts.setKeyDisabled(id, disabled)
}

// Now returns the emulator's time.
func (e *Emulator) Now() time.Time { return e.clock.now() }

// SetTime moves the emulator's clock; it runs on from there, unless frozen.
func (e *Emulator) SetTime(t time.Time) { e.clock.set(t) }

// Advance moves the emulator's clock by d, which may be negative.
func (e *Emulator) Advance(d time.Duration) { e.clock.advance(d) }

// Freeze stops the emulator's clock, or lets it run on from where it stands.
func (e *Emulator) Freeze(frozen bool) { e.clock.freeze(frozen) }

// SetLatency makes a method ("runReport", "token" …, "*" for all others) take time.
func (e *Emulator) SetLatency(method string, l Latency) error {
	if l.Fixed < 0 || l.Jitter < 0 {
		return fmt.Errorf("emulator: latency %v + %v must not be negative", l.Fixed, l.Jitter)
	}
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	e.controls.latency[method] = l
	return nil
}

// SetFlags makes the metadata of the property's reports admit sampling,
// thresholding or an "(other)" row. The zero Flags end it.
func (e *Emulator) SetFlags(property string, f Flags) error {
	if err := e.checkProperties([]string{property}); err != nil {
		return err
	}
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	e.controls.flags[property] = f
	return nil
}

// SetValues puts values into the rows of all reports of a property. None end it.
func (e *Emulator) SetValues(property string, v Values) error {
	if err := e.checkProperties([]string{property}); err != nil {
		return err
	}
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	e.controls.values[property] = v
	return nil
}

// SetQuotaLeft forces how much is left of a property's quota, core or realtime,
// until its window ends. The bucket has its name in PropertyQuota:
// tokensPerDay, tokensPerHour, tokensPerProjectPerHour, concurrentRequests,
// serverErrorsPerProjectPerHour, potentiallyThresholdedRequestsPerHour. Those per
// project are set for all projects. concurrentRequests has no window: it stays.
func (e *Emulator) SetQuotaLeft(property string, live bool, bucket string, left int) error {
	if err := e.checkProperties([]string{property}); err != nil {
		return err
	}
	k := propertyKey{property, core}
	if live {
		k.category = realtime
	}
	return e.quota.setLeft(k, bucket, left, e.clock.now())
}

// An AccountState is what the emulator knows of an account.
type AccountState struct {
	Email      string   `json:"email"`
	Project    string   `json:"project"` // whose quota it uses
	Revoked    bool     `json:"revoked"`
	Properties []string `json:"properties"` // that it may see
	Keys       []string `json:"keys"`       // ids
}

// Accounts returns all accounts, by e-mail address.
func (e *Emulator) Accounts() []AccountState {
	d := e.accounts
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []AccountState
	for _, email := range slices.Sorted(maps.Keys(d.accounts)) {
		a := d.accounts[email]
		s := AccountState{a.email, a.project, a.revoked, nil, slices.Clone(a.keys)}
		for _, site := range e.properties.all() {
			if a.all != a.sees[site.Property] {
				s.Properties = append(s.Properties, site.Property)
			}
		}
		all = append(all, s)
	}
	return all
}

// Counts returns what the emulator was asked.
func (e *Emulator) Counts() Counts {
	c := e.counts.counts()
	c.TokensIssued = e.tokens.count()
	return c
}

// Reset undoes all changes made through Control: clock, latency, faults, flags, values, properties,
// quotas and counters start over. Accounts, keys and access stay as they are.
func (e *Emulator) Reset() {
	e.clock.reset()
	e.controls.reset()
	e.properties.reset()
	e.quota.reset()
	e.counts.reset()
}
