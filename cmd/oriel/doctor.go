package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

func doctor(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("doctor", "Check the configuration, the keys and the access to every view's property.", stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	timeout := fs.Duration("timeout", 30*time.Second, "how long to wait for Google, for each view")
	if err := parse(fs, args); err != nil {
		return err
	}
	config, err := app.ReadConfig(*path)
	if err != nil {
		return err
	}
	security := config.Security()
	config.Cache.File, config.Audit.File, config.Ledger.File = "", "", "" // they are the server's
	for _, file := range []*string{&config.Tokens.KeysFile, &config.Operator.TokenFile} {
		if _, err := os.Stat(*file); err != nil {
			*file = "" // it is made by the server, and for whom that runs as
		}
	}
	a, err := app.New(config, newLogger(app.LogConfig{Format: "text", Level: "error"}, io.Discard))
	if err != nil {
		return err
	}
	defer a.Close()
	return errors.Join(tell(a.Examine(ctx, *timeout), stdout), tellSecurity(security, stdout))
}

// tellSecurity writes a line for each thing that the configuration leaves open.
func tellSecurity(lines []string, w io.Writer) error {
	text := "\nsecurity\n"
	for _, line := range lines {
		text += "open  " + line + "\n"
	}
	if len(lines) == 0 {
		text += "ok    nothing is left open that need not be\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// tell writes a line per view as it is found out, one more for each note, and in the end
// one per account that has no access token. It returns an error when a view cannot be read.
func tell(findings iter.Seq[app.Finding], w io.Writer) error {
	bad, all := 0, 0
	var accounts app.AccountFailures
	for f := range findings {
		all++
		if f.Err != nil {
			bad++
			if !accounts.Add(f) {
				fmt.Fprintf(w, "FAIL  %v\n", f.Err)
			}
			continue
		}
		title := ""
		if f.Title != "" {
			title = fmt.Sprintf(" %q", f.Title)
		}
		fmt.Fprintf(w, "ok    view %s: property %s%s, %s, %s\n", f.View, f.Property.ID, title, f.Property.TimeZone, f.Property.CurrencyCode)
		for _, note := range f.Notes {
			fmt.Fprintf(w, "note  view %s: %s\n", f.View, note)
		}
	}
	for _, failure := range accounts {
		fmt.Fprintf(w, "FAIL  %v\n", failure)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d views cannot be read", bad, all)
	}
	return nil
}
