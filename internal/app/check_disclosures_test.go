package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDenialsThatDoNotHold: the start and doctor name what still tells a denied field and
// what to write, and say nothing of a view whose family is denied.
func TestDenialsThatDoNotHold(t *testing.T) {
	path, _, _ := crowded(t, 1, "")
	text, err := os.ReadFile(path)
	check(t, err)
	var views strings.Builder
	views.Write(text)
	for i := range maxDisclosing + 2 {
		fmt.Fprintf(&views, "  open%d: {property: '%d', fields: {deny: [purchaseRevenue]}}\n", i, 510_000_000+i)
	}
	views.WriteString("  closed: {property: '520000000', fields: {deny: ['family:revenue', 'family:advertising', 'family:purchase', 'family:user', 'family:session']}}\n")
	check(t, os.WriteFile(path, []byte(views.String()), 0o600))
	c, err := ReadConfig(path)
	check(t, err)
	var log bytes.Buffer
	a, err := New(c, slog.New(slog.NewTextHandler(&log, nil)))
	check(t, err)
	defer a.Close()
	for _, want := range []string{"grossPurchaseRevenue", "family:revenue", "view=open0", filepath.Base(path) + ":5", "view=open9", "views=2"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "view=closed") || strings.Contains(log.String(), "view=open10") {
		t.Errorf("the log:\n%s", log.String())
	}
	told := strings.Join(c.toldFields(), "\n")
	for _, want := range []string{"grossPurchaseRevenue", "family:revenue", "open0, open1, open2, open3, open4 and 7 more", filepath.Base(path) + ":5"} {
		if !strings.Contains(told, want) {
			t.Errorf("doctor does not tell %s:\n%s", want, told)
		}
	}
	if strings.Contains(told, "closed") {
		t.Errorf("doctor tells:\n%s", told)
	}
}
