package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/store/sqlstore"
	"github.com/oriel-server/oriel/internal/web"
)

// LedgerConfig says where it is kept what was revoked.
type LedgerConfig struct {
	File string `yaml:"file"` // empty or none: memory alone
	// WitnessFile is the file by which an older copy of the ledger is recognized; empty or none: no
	// file.
	WitnessFile string `yaml:"witness_file"`
}

// openLedger opens the ledger. One that cannot be read keeps the server from
// starting: it could not tell whom to refuse.
func (a *App) openLedger() error {
	if a.config.Ledger.File == "" {
		a.ledger = access.NewMemoryLedger()
		return nil
	}
	c := sqlstore.LedgerConfig{Path: a.config.Ledger.File, Witness: a.config.Ledger.WitnessFile, Clock: a.clock, Logger: a.log, First: a.first}
	keys := a.config.Tokens.KeysFile
	if keys != "" {
		var err error
		if c.Known, err = access.KeysLedger(keys); err != nil {
			return fmt.Errorf("%s: %w", a.config.src.where("tokens", "keys_file"), err)
		}
	}
	ledger, err := sqlstore.OpenLedger(context.Background(), c)
	if err != nil {
		return fmt.Errorf("%s: ledger.file: %w", a.config.src.where("ledger", "file"), err)
	}
	a.ledger = ledger
	if keys != "" {
		if err := access.BindKeys(keys, ledger.ID()); err != nil {
			a.log.Warn("the signing keys cannot be bound to the ledger: it is not noticed when they are used with another", "error", err)
		}
	}
	return nil
}

// resolveWitness makes the path of the witness absolute. By default it is in the directory
// of the signing keys.
func (c *Config) resolveWitness(dir string) {
	switch l := &c.Ledger; {
	case l.WitnessFile == "none" || l.File == "":
		l.WitnessFile = ""
	case l.WitnessFile != "":
		l.WitnessFile = relativeTo(dir, l.WitnessFile)
	default:
		l.WitnessFile = filepath.Join(filepath.Dir(c.Tokens.KeysFile), filepath.Base(l.File)+".witness")
	}
}

// hasRun reports whether a server has left any of the files that every server makes. It
// holds before anything is opened, which makes them.
func (c *Config) hasRun() bool {
	return slices.ContainsFunc([]string{c.Tokens.KeysFile, c.Cache.File, c.AuditFile(), c.Ledger.WitnessFile}, func(path string) bool {
		_, err := os.Stat(path)
		return path != "" && !errors.Is(err, os.ErrNotExist)
	})
}

func (a *App) ledgerChecks() []web.Check {
	checks := []web.Check{{Name: "ledger", Check: func(ctx context.Context) error {
		_, err := a.ledger.Version(ctx)
		return err
	}}, {Name: "suspensions", Advisory: true, Check: func(context.Context) error { return a.authority.Understood() }}}
	if ledger, ok := a.ledger.(*sqlstore.Ledger); ok {
		checks = append(checks, web.Check{Name: "ledger witness", Advisory: true, Check: func(context.Context) error { return ledger.Witnessed() }})
	}
	return checks
}

// operatorHosts are the names under which operators reach their listener: those that
// are listed, and the one that it listens at.
func (a *App) operatorHosts() []string {
	names := []string{}
	if host, _, err := net.SplitHostPort(a.config.Operator.Listen); err == nil && isHostName(host) {
		names = append(names, strings.ToLower(host))
	}
	for _, name := range a.config.Operator.Hosts {
		names = append(names, strings.ToLower(name))
	}
	return names
}

// A Revocation ends sessions; see access.Revocation.
type Revocation = access.Revocation

// SuspensionID is access.SuspensionID.
func SuspensionID(kind, name string) string { return access.SuspensionID(kind, name) }
