// Package credential turns keys into Google access tokens: keys go in, access
// tokens come out, and nothing here or in the tokens prints a secret.
//
// A Keyring has one cache per account. Any number of callers share one request
// to Google, which runs on a context of its own, so that each caller can leave
// without disturbing the others. A token is renewed in the background before it
// ends, and every host that a key file may name has to be on an allow-list.
package credential

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Scope is the only scope that Oriel ever asks for.
const Scope = "https://www.googleapis.com/auth/analytics.readonly"

// A Keyring gives access tokens. Errors are *Error.
type Keyring interface {
	// AccessToken returns a token of the named account that is good for the
	// next request. It honours ctx, whoever else waits for the same token.
	AccessToken(ctx context.Context, account string) (*Token, error)
}

// An Account is where the credential of one Google account is found.
type Account struct {
	// KeyFile is the path of a JSON key file. Empty means Application Default
	// Credentials: the file that GOOGLE_APPLICATION_CREDENTIALS names, else
	// gcloud's well-known file, else the metadata server. Optional.
	KeyFile string
}

// Config says which accounts a keyring has and what it may touch.
type Config struct {
	// Accounts are the accounts by the names that the configuration gives
	// them. Required.
	Accounts map[string]Account
	// TokenHosts are the hosts that credentials may talk to, as "host" (any
	// port) or "host:port". Empty means DefaultTokenHosts. Optional.
	TokenHosts []string
	// Transport carries the requests. The default is a transport of the
	// keyring's own, which honours the proxy variables of the environment.
	// Optional.
	Transport http.RoundTripper
	// Clock tells the time by which tokens end. Required.
	Clock func() time.Time
	// Random returns a number in [0, 1), for jitter. The default is
	// math/rand/v2's. Optional.
	Random func() float64
	// Logger gets renewals, failures and key changes. Required.
	Logger *slog.Logger
	// OnFetch is called after each attempt to get a token from Google, from
	// several goroutines: err is nil or an *Error. Optional.
	OnFetch func(account string, took time.Duration, err error)

	onGCE func() bool // asks whether a metadata server is there; for tests
}

// Keys is a Keyring whose keys are files or the metadata server. Close it.
type Keys struct {
	accounts map[string]*account
	stop     context.CancelFunc
	running  *sync.WaitGroup
	hangUp   func() // closes idle connections
	closing  sync.Once
}

var _ Keyring = (*Keys)(nil)

// New reads the key file of every account and returns their keyring. It does not
// ask Google for anything. The error joins one *Error for every account at fault.
func New(c Config) (*Keys, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	hangUp := c.fillIn()
	allowed, err := newHosts(c.TokenHosts)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Keys{accounts: map[string]*account{}, stop: stop, running: new(sync.WaitGroup), hangUp: hangUp}
	shared := newShared(ctx, k.running, c, allowed)
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		a, err := newAccount(shared, name, c.Accounts[name])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		k.accounts[name] = a
	}
	if len(faults) > 0 {
		_ = k.Close()
		return nil, errors.Join(faults...)
	}
	return k, nil
}

func (c *Config) validate() error {
	switch {
	case len(c.Accounts) == 0:
		return errorf("", "no Google account is configured: name a key file, or set GOOGLE_APPLICATION_CREDENTIALS")
	case c.Clock == nil:
		return errorf("", "credential: Config.Clock is required")
	case c.Logger == nil:
		return errorf("", "credential: Config.Logger is required")
	}
	return nil
}

// fillIn sets the defaults, and returns what closes the connections of the
// transport if that is one of them.
func (c *Config) fillIn() (hangUp func()) {
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.OnFetch == nil {
		c.OnFetch = func(string, time.Duration, error) {}
	}
	if c.Transport != nil {
		return func() {}
	}
	t := newTransport()
	c.Transport = t
	return t.CloseIdleConnections
}

// AccessToken implements Keyring. A token that is about to end is still returned
// while its successor is fetched; a failure is remembered for a while, so that a
// crowd of callers does not become a crowd of requests.
func (k *Keys) AccessToken(ctx context.Context, account string) (*Token, error) {
	a, err := k.find(account)
	if err != nil {
		return nil, err
	}
	t, e := a.token(ctx)
	if e != nil {
		return nil, e
	}
	return t, nil
}

// Email returns the account's e-mail address, so that an error elsewhere can say
// whom to give access to; "" when it is not known.
func (k *Keys) Email(account string) string {
	a, err := k.find(account)
	if err != nil {
		return ""
	}
	return a.status().Email
}

// A Status is what an operator may know about an account.
type Status struct {
	Account string    // the name in the configuration
	Email   string    // "" when not known
	Type    string    // the key file's "type", or "metadata_server"
	File    string    // the key file, "" without one
	Expires time.Time // when the current access token ends; zero without one
	Failure *Error    // the last attempt's failure; nil when it succeeded
	Since   time.Time // of the first failure after the last token; zero without a failure
	Again   time.Time // when Google is asked again; zero: with the next call, or without a failure
}

// Status returns the state of all accounts, by name.
func (k *Keys) Status() []Status {
	all := make([]Status, 0, len(k.accounts))
	for _, name := range slices.Sorted(maps.Keys(k.accounts)) {
		all = append(all, k.accounts[name].status())
	}
	return all
}

// Fetching returns how many accounts are fetching an access token.
func (k *Keys) Fetching() (n int) {
	for _, a := range k.accounts {
		if a.fetching() {
			n++
		}
	}
	return n
}

// Close ends all requests and goroutines of the keyring and waits for them. Later
// calls of AccessToken fail. The error is always nil.
func (k *Keys) Close() error {
	k.closing.Do(func() {
		for _, a := range k.accounts {
			a.close()
		}
		k.stop()
		k.running.Wait()
		k.hangUp()
	})
	return nil
}

func (k *Keys) find(name string) (*account, *Error) {
	a, ok := k.accounts[name]
	if !ok {
		return nil, &Error{Account: name, permanent: true, Message: fmt.Sprintf(
			"no such account in the configuration; there is %q", slices.Sorted(maps.Keys(k.accounts)))}
	}
	return a, nil
}
