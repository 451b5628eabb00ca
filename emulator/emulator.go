// Package emulator stands in for Google: the OAuth token endpoint, the Analytics
// Data API v1beta and the Analytics Admin API v1beta, over a made-up world, for offline use and
// for tests. It is strict where Google is strict and says what it does not emulate in NOT-EMULATED.md.
package emulator

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // quota days end at midnight Pacific, wherever this runs

	"github.com/oriel-server/oriel/emulator/world"
)

// Config is what an Emulator needs.
type Config struct {
	// World is what reports are computed from. Nil: the default world.
	World *world.World
	// Clock is the time that Google would have. Nil: time.Now, which the
	// control endpoint can move.
	Clock func() time.Time
	// BaseURL is where Handler is reached, http://127.0.0.1:port: the audience of
	// assertions and the token_uri of issued keys. Required.
	BaseURL string
	// Logger gets a line per request at debug level. Nil: none.
	Logger *slog.Logger
	// Quota is how many times the tokens of a standard property each property
	// has, per day, hour and project: 10 is Analytics 360, less than 1 a property
	// whose tokens others use up. 0 means 1.
	Quota float64
}

// An Emulator is one made-up Google. It is safe for concurrent use.
type Emulator struct {
	world      *world.World
	properties *propertyStore
	baseURL    string
	log        *slog.Logger
	clock      *clock
	fields     *catalog
	accounts   *directory
	tokens     *tokenStore
	quota      *quotaStore
	controls   *controls
	counts     *counters
	// identity signs id_tokens. Made when first needed, since most emulators
	// never sign one and a key takes a tenth of a second.
	identity func() (*rsa.PrivateKey, error)
}

// New returns an emulator. It fails when BaseURL is not an http or https URL
// without a path, or when the world names an unknown time zone.
func New(c Config) (*Emulator, error) {
	base, err := cleanBaseURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Quota == 0 {
		c.Quota = 1
	}
	if c.World == nil {
		if c.World, err = world.New(world.Config{Seed: 1, Now: c.Clock()}); err != nil {
			return nil, fmt.Errorf("emulator: making the default world: %w", err)
		}
	}
	fields, err := newCatalog()
	if err != nil {
		return nil, err
	}
	properties, err := newPropertyStore(c.World, fields)
	if err != nil {
		return nil, err
	}
	e := &Emulator{
		world: c.World, properties: properties, baseURL: base, log: c.Logger,
		clock: newClock(c.Clock), fields: fields,
		accounts: newDirectory(), tokens: newTokenStore(),
		controls: newControls(), counts: newCounters(),
		identity: sync.OnceValues(newPrivateKey),
	}
	e.quota = newQuotaStore(c.Quota, e.isPremium)
	return e, nil
}

func cleanBaseURL(s string) (string, error) {
	if s == "" {
		return "", errors.New("emulator: Config.BaseURL is required: the address where Handler is reached, such as http://127.0.0.1:8085")
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("emulator: Config.BaseURL %q must be http://host:port without a path", s)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Handler serves what Google serves: POST /token, /v1beta/properties/…,
// /v1beta/accountSummaries and what belongs to them.
func (e *Emulator) Handler() http.Handler {
	return compressed(http.HandlerFunc(e.serve))
}

// World returns what reports are computed from, but for properties that were added or
// changed.
func (e *Emulator) World() *world.World { return e.world }
