// Package credential turns keys into Google access tokens. Nothing that it returns
// prints a secret.
//
// A Keyring has one cache per account. Concurrent callers share one request
// to Google, which runs on a context of its own, so that a caller that leaves does
// not cancel it for the others. A token is renewed in the background before it
// expires, and every host that a key file names has to be on an allow-list.
package credential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/auth/credentials"
)

// Scope is the only scope that Oriel ever asks for.
const Scope = "https://www.googleapis.com/auth/analytics.readonly"

// A Keyring returns access tokens. Errors are *Error.
type Keyring interface {
	// AccessToken returns a token of the named account that is valid for the
	// next request. It returns when ctx ends, whoever else waits for the same token.
	AccessToken(ctx context.Context, account string) (*Token, error)
}

// An Account says where the credential of a Google account is.
type Account struct {
	// KeyFile is the path of a JSON key file. Empty means Application Default
	// Credentials: the file that GOOGLE_APPLICATION_CREDENTIALS names, else
	// gcloud's well-known file, else the metadata server. Optional.
	KeyFile string
}

// Config says which accounts a keyring has and what it may touch.
type Config struct {
	// Accounts are the accounts by their names in the configuration. Required.
	Accounts map[string]Account
	// TokenHosts are the hosts that requests may go to, as "host" (any
	// port) or "host:port". The default is DefaultTokenHosts. Optional.
	TokenHosts []string
	// Transport carries the requests. The default is a transport of the
	// keyring's own, which honours the proxy variables of the environment.
	// Optional.
	Transport http.RoundTripper
	// Clock returns the time by which tokens expire. Required.
	Clock func() time.Time
	// Random returns a number in [0, 1), for jitter. The default is
	// math/rand/v2's. Optional.
	Random func() float64
	// Logger gets renewals, failures and key changes. Required.
	Logger *slog.Logger
	// OnFetch is called after each attempt to get a token from Google, from
	// several goroutines: err is nil or an *Error. Optional.
	OnFetch func(account string, took time.Duration, err error)

	onGCE func() bool // reports whether there is a metadata server; set by tests
}

// Keys is a Keyring whose keys are files or the metadata server. Close it.
type Keys struct {
	shared
	accounts map[string]*account
	stop     context.CancelFunc
	closing  sync.Once
}

var _ Keyring = (*Keys)(nil)

// Format prints no field: keys are secrets, and connections change while they are printed.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "credential.Keys") }

// New reads the key file of every account and returns their keyring. It sends no request
// to Google. The error joins one *Error for every account at fault.
func New(c Config) (*Keys, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	allowed, err := newHosts(c.TokenHosts)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Keys{shared: shared{Config: c.withDefaults(), ctx: ctx, hosts: allowed}, accounts: map[string]*account{}, stop: stop}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		a, err := newAccount(&k.shared, name, c.Accounts[name])
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

func (c Config) withDefaults() Config {
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.OnFetch == nil {
		c.OnFetch = func(string, time.Duration, error) {}
	}
	if c.onGCE == nil {
		c.onGCE = credentials.OnGCE
	}
	if c.Transport == nil {
		c.Transport = ownTransport{newTransport()}
	}
	return c
}

// AccessToken implements Keyring. A token that is about to expire is still returned
// while the next one is fetched; a failure is returned for a while without asking Google
// again, so that many callers do not become many requests.
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

// Email returns the account's e-mail address, for errors that say whom to give access to;
// "" when it is not known.
func (k *Keys) Email(account string) string {
	a, err := k.find(account)
	if err != nil {
		return ""
	}
	return a.status().Email
}

// A Status is the state of an account, for operators.
type Status struct {
	Account string    // the name in the configuration
	Email   string    // "" when not known
	Type    string    // the key file's "type", or "metadata_server"
	File    string    // the key file, "" without one
	Expires time.Time // of the current access token; zero without one
	Failure *Error    // of the last attempt; nil when it succeeded
	Since   time.Time // the first failure after the last token; zero without one
	Again   time.Time // the next attempt; zero when the next call makes it, or without a failure
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
// calls to AccessToken fail. The error is always nil.
func (k *Keys) Close() error {
	k.closing.Do(func() {
		for _, a := range k.accounts {
			a.close()
		}
		k.stop()
		k.running.Wait()
		if t, own := k.Transport.(ownTransport); own {
			t.CloseIdleConnections()
		}
	})
	return nil
}

func (k *Keys) find(name string) (*account, *Error) {
	if a, ok := k.accounts[name]; ok {
		return a, nil
	}
	return nil, &Error{Account: name, permanent: true, Message: fmt.Sprintf(
		"no such account in the configuration; there is %q", slices.Sorted(maps.Keys(k.accounts)))}
}
