package app

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/policy"
)

// Config is oriel.yaml. Every key is explained in docs/configuration.md and
// shown in oriel.example.yaml; a test holds all three together.
type Config struct {
	Listen         string                    `yaml:"listen"`
	PublicURL      string                    `yaml:"public_url"`
	TrustedProxies []string                  `yaml:"trusted_proxies"`
	TLS            TLSConfig                 `yaml:"tls"`
	Operator       OperatorConfig            `yaml:"operator"`
	Log            LogConfig                 `yaml:"log"`
	Google         GoogleConfig              `yaml:"google"`
	Accounts       map[string]AccountConfig  `yaml:"accounts"`
	Tokens         TokensConfig              `yaml:"tokens"`
	Hosts          map[string]HostConfig     `yaml:"hosts"`
	Audit          AuditConfig               `yaml:"audit"`
	Ledger         LedgerConfig              `yaml:"ledger"`
	Cache          CacheConfig               `yaml:"cache"`
	Limits         LimitsConfig              `yaml:"limits"`
	Views          map[string]ViewConfig     `yaml:"views"`
	Dashboards     map[string]dashboard.Spec `yaml:"dashboards"`

	// Clock tells the time; nil means the machine's. No file can set it.
	Clock func() time.Time `yaml:"-"`
	// Jitter returns a number in [0, 1), which spreads retries and renewals of
	// access tokens; nil means a random one. No file can set it.
	Jitter func() float64 `yaml:"-"`

	src source
}

// OperatorConfig is the listener that must not face the public.
type OperatorConfig struct {
	Listen string   `yaml:"listen"`
	Hosts  []string `yaml:"hosts"` // names under which it answers, beside addresses
	// TokenFile holds what requests that change something must show. Empty for none: then
	// nothing can be changed.
	TokenFile string `yaml:"token_file"`
	// Drain is how long /readyz says that the server is going before it goes.
	Drain time.Duration `yaml:"drain"`
}

// LogConfig says how the log reads.
type LogConfig struct {
	Format string `yaml:"format"` // text or json
	Level  string `yaml:"level"`  // debug, info, warn or error
}

// GoogleConfig says where Google is.
type GoogleConfig struct {
	DataURL    string   `yaml:"data_url"`
	AdminURL   string   `yaml:"admin_url"`
	TokenHosts []string `yaml:"token_hosts"`
}

// AccountConfig is one Google account. Without a key file it is whatever
// Application Default Credentials finds.
type AccountConfig struct {
	KeyFile string `yaml:"key_file"`
}

// TokensConfig says how embed tokens are made.
type TokensConfig struct {
	Lifetime      time.Duration `yaml:"lifetime"`
	Session       time.Duration `yaml:"session"`
	PublicSession time.Duration `yaml:"public_session"`
	KeysFile      string        `yaml:"keys_file"`
}

// HostConfig lets a backend that is not ours begin sessions.
type HostConfig struct {
	APIKeys      []string           `yaml:"api_keys"`     // their SHA-256, in hexadecimal
	SigningKeys  string             `yaml:"signing_keys"` // a file
	Views        []string           `yaml:"views"`        // [allViews] for all
	Dashboards   []string           `yaml:"dashboards"`
	Questions    *bool              `yaml:"questions"` // nil: true
	AccessTokens AccessTokensConfig `yaml:"access_tokens"`
}

// allViews in place of a list of views means all of them.
const allViews = "*"

// AccessTokensConfig lets a host be handed Google's access tokens.
type AccessTokensConfig struct {
	Accounts []string `yaml:"accounts"`
	From     []string `yaml:"from"`
}

// CacheConfig bounds the cache and says how old an answer may be.
type CacheConfig struct {
	MaxMB     int           `yaml:"max_mb"` // 0: by the memory that there is
	File      string        `yaml:"file"`   // empty or none: memory alone
	MaxDiskMB int           `yaml:"max_disk_mb"`
	Realtime  time.Duration `yaml:"realtime"`
	Intraday  time.Duration `yaml:"intraday"`
	Settling  time.Duration `yaml:"settling"`
	Final     time.Duration `yaml:"final"`
	Stale     time.Duration `yaml:"stale"`
	Prewarm   time.Duration `yaml:"prewarm"` // 0: nothing ahead of time
}

// LimitsConfig bounds what one visitor can make the server do.
type LimitsConfig struct {
	RequestTimeout    time.Duration `yaml:"request_timeout"`
	TokensPerSecond   float64       `yaml:"tokens_per_second"`
	TokensBurst       int           `yaml:"tokens_burst"`
	RequestsPerSecond float64       `yaml:"requests_per_second"`
	RequestsBurst     int           `yaml:"requests_burst"`

	ViewPerSecond        float64 `yaml:"view_per_second"`
	ViewBurst            int     `yaml:"view_burst"`
	HostTokensPerSecond  float64 `yaml:"host_tokens_per_second"`
	HostTokensBurst      int     `yaml:"host_tokens_burst"`
	FailuresPerSecond    float64 `yaml:"failures_per_second"`
	FailuresBurst        int     `yaml:"failures_burst"`
	MaxAnswerMB          int     `yaml:"max_answer_mb"`
	Connections          int     `yaml:"connections"`             // 0: by what the system allows
	ConnectionsPerClient int     `yaml:"connections_per_address"` // 0: no bound
}

// AgesConfig says how old answers of a view may be; 0 as the section cache says.
type AgesConfig struct {
	Realtime time.Duration `yaml:"realtime"`
	Intraday time.Duration `yaml:"intraday"`
	Settling time.Duration `yaml:"settling"`
	Final    time.Duration `yaml:"final"`
}

// ViewConfig is a named window on one GA4 property.
type ViewConfig struct {
	Title        string           `yaml:"title"`
	Account      string           `yaml:"account"`
	Property     string           `yaml:"property"`
	Public       Public           `yaml:"public"`
	PublicTokens int64            `yaml:"public_tokens_per_day"` // 0: a tenth of what Google allows
	Origins      []string         `yaml:"origins"`
	Aliases      []string         `yaml:"aliases"`
	Filter       dashboard.Filter `yaml:"filter"`
	TokenFilter  []string         `yaml:"token_filter"`
	Fields       FieldsConfig     `yaml:"fields"`
	History      HistoryConfig    `yaml:"history"`
	Realtime     *bool            `yaml:"realtime"`
	MaxRows      int64            `yaml:"max_rows"`
	Ages         AgesConfig       `yaml:"freshness"`
	UA           UAConfig         `yaml:"universal_analytics"`
}

// Public is what anonymous visitors may read of a view: false, true for its dashboards, or
// questions.
type Public policy.Publicity

// UnmarshalYAML reads one of the three.
func (p *Public) UnmarshalYAML(node *yaml.Node) error {
	var dashboards bool
	switch {
	case node.ShortTag() == "!!bool" && node.Load(&dashboards) == nil:
		if *p = Public(policy.Private); dashboards {
			*p = Public(policy.PublicDashboards)
		}
	case node.Value == "questions":
		*p = Public(policy.PublicQuestions)
	default:
		return fmt.Errorf("line %d: public: write true for the view's dashboards, questions for free queries too, or false", node.Line)
	}
	return nil
}

// UAConfig says what names of Universal Analytics mean in a view. Dimensions and
// metrics are by number, 1 for ga:dimension1, or by name, eventCategory.
type UAConfig struct {
	PagePath   string            `yaml:"page_path"`
	Goals      map[int]string    `yaml:"goals"`
	Dimensions map[string]string `yaml:"dimensions"`
	Metrics    map[string]string `yaml:"metrics"`
	Calculated map[string]string `yaml:"calculated"`
}

// FieldsConfig says which fields may be named in a query.
type FieldsConfig struct {
	Allow []string `yaml:"allow"`
	Deny  []string `yaml:"deny"`
}

// HistoryConfig says which days may be asked for.
type HistoryConfig struct {
	Since   string `yaml:"since"`
	Days    int    `yaml:"days"`
	Outside string `yaml:"outside"` // clip or refuse
}

func defaults() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		Operator: OperatorConfig{Listen: "127.0.0.1:9090", Drain: time.Second},
		Log:      LogConfig{Format: "text", Level: "info"},
		Google: GoogleConfig{
			DataURL:  "https://analyticsdata.googleapis.com",
			AdminURL: "https://analyticsadmin.googleapis.com",
		},
		Tokens: TokensConfig{Lifetime: 5 * time.Minute, Session: 12 * time.Hour, PublicSession: time.Hour, KeysFile: "oriel-keys.json"},
		Audit:  AuditConfig{File: "oriel-audit.jsonl", Required: true},
		Ledger: LedgerConfig{File: "oriel-ledger.db"},
		Cache: CacheConfig{
			File: "oriel-cache.db", MaxDiskMB: 1024,
			Realtime: 30 * time.Second, Intraday: 15 * time.Minute, Settling: 4 * time.Hour, Final: 30 * 24 * time.Hour, Stale: 48 * time.Hour, Prewarm: 72 * time.Hour,
		},
		Limits: LimitsConfig{
			RequestTimeout: 30 * time.Second, TokensPerSecond: 20, TokensBurst: 200, RequestsPerSecond: 50, RequestsBurst: 500,
			ViewPerSecond: 2000, ViewBurst: 20_000, HostTokensPerSecond: 500, HostTokensBurst: 5000, FailuresPerSecond: 1, FailuresBurst: 60,
			MaxAnswerMB: 8, ConnectionsPerClient: 1000,
		},
	}
}

// ReadConfig reads a configuration file. Unknown keys, wrong types and values
// that make no sense are errors that name the file and the line. Paths in the
// file are relative to the file.
func ReadConfig(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w\nname a file with -config, or copy oriel.example.yaml", err)
	}
	return parseConfig(path, data)
}

// Where returns "file:line" of a key, such as Where("operator", "listen"), or of
// its nearest parent that the file has.
func (c *Config) Where(path ...string) string { return c.src.where(path...) }

func parseConfig(path string, data []byte) (*Config, error) {
	c := defaults()
	c.src.path, c.src.sum = path, fmt.Sprintf("%x", sha256.Sum256(data))
	if err := yaml.Load(data, &c.src.root); err != nil {
		return nil, c.src.readable(err)
	}
	c.src.index()
	if err := yaml.Load(data, &c, yaml.WithKnownFields()); err != nil {
		return nil, c.src.readable(err)
	}
	c.resolvePaths(filepath.Dir(path))
	c.fillIn()
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *Config) resolvePaths(dir string) {
	for name, a := range c.Accounts {
		a.KeyFile = relativeTo(dir, a.KeyFile)
		c.Accounts[name] = a
	}
	for name, h := range c.Hosts {
		h.SigningKeys = relativeTo(dir, h.SigningKeys)
		c.Hosts[name] = h
	}
	c.Tokens.KeysFile = relativeTo(dir, c.Tokens.KeysFile)
	c.Operator.TokenFile = cmp.Or(relativeTo(dir, c.Operator.TokenFile), filepath.Join(filepath.Dir(c.Tokens.KeysFile), operatorTokenFile))
	c.TLS.CertFile, c.TLS.KeyFile = relativeTo(dir, c.TLS.CertFile), relativeTo(dir, c.TLS.KeyFile)
	if c.Audit.File == "none" {
		c.Audit.File = ""
	}
	if c.Audit.File != toStdout {
		c.Audit.File = relativeTo(dir, c.Audit.File)
	}
	if c.Ledger.File == "none" {
		c.Ledger.File = ""
	}
	c.Ledger.File = relativeTo(dir, c.Ledger.File)
	c.resolveWitness(dir)
	if c.Cache.File == "none" {
		c.Cache.File = ""
	}
	c.Cache.File = relativeTo(dir, c.Cache.File)
}

func relativeTo(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// fillIn completes what follows from other keys: an only account is every
// view's, and no account at all means Application Default Credentials.
func (c *Config) fillIn() {
	if len(c.Accounts) == 0 {
		c.Accounts = map[string]AccountConfig{"default": {}}
	}
	for name, v := range c.Views {
		if v.Account == "" && len(c.Accounts) == 1 {
			for only := range c.Accounts {
				v.Account = only
			}
		}
		if v.Title == "" {
			v.Title = name
		}
		c.Views[name] = v
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Listen
		if c.TLS.on() {
			c.PublicURL = "https://" + c.Listen
		}
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
}
