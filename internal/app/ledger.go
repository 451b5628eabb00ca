package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/store/sqlstore"
	"github.com/oriel-server/oriel/internal/web"
)

// LedgerConfig says where it is kept what was revoked.
type LedgerConfig struct {
	File string `yaml:"file"` // empty or none: memory alone
}

// openLedger opens the ledger. One that cannot be read keeps the server from
// starting: it could not tell whom to refuse.
func (a *App) openLedger() error {
	if a.config.Ledger.File == "" {
		a.ledger = access.NewMemoryLedger()
		return nil
	}
	ledger, err := sqlstore.OpenLedger(context.Background(), sqlstore.LedgerConfig{
		Path: a.config.Ledger.File, Clock: a.clock, Logger: a.log, First: a.first,
	})
	if err != nil {
		return fmt.Errorf("%s: ledger.file: %w", a.config.src.where("ledger", "file"), err)
	}
	a.ledger = ledger
	return nil
}

// hasRun reports whether a server has left any of the files that every server makes. It
// holds before anything is opened, which makes them.
func (c *Config) hasRun() bool {
	return slices.ContainsFunc([]string{c.Tokens.KeysFile, c.Cache.File, c.AuditFile()}, func(path string) bool {
		_, err := os.Stat(path)
		return path != "" && !errors.Is(err, os.ErrNotExist)
	})
}

func (a *App) ledgerCheck() web.Check {
	return web.Check{Name: "ledger", Check: func(ctx context.Context) error {
		_, err := a.ledger.Version(ctx)
		return err
	}}
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
