package access_test

import (
	"testing"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/store/storetest"
)

func TestMemoryLedger(t *testing.T) {
	storetest.RunLedger(t, storetest.LedgerSubject{
		Open: func(*testing.T, string) access.Ledger { return access.NewMemoryLedger() },
	})
}
