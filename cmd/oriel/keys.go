package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/oriel-server/oriel/internal/app"
)

const keysAbout = `List the keys that embed tokens are signed and hosts are known by, never what they are.
"oriel keys rotate" makes a new signing key. Servers take it over by themselves, and
no viewer is refused: the key before it is good until the next rotation.`

func keys(_ context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "rotate" {
		return rotateKeys(args[1:], stdout, stderr)
	}
	fs := newFlags("keys", keysAbout, stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	if err := parse(fs, args); err != nil {
		return err
	}
	c, err := app.ReadConfig(*path)
	if err != nil {
		return err
	}
	signing, err := app.SigningKeys(c)
	if err != nil {
		return err
	}
	hosts, err := app.HostKeys(c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	for _, k := range signing {
		fmt.Fprintf(w, "signing key\t%s\tmade %s\n", k.ID, k.Created.Format(time.RFC3339))
	}
	for _, k := range hosts {
		fmt.Fprintf(w, "host %s\t%s\t%s\n", k.Host, k.Fingerprint, k.Kind)
	}
	return w.Flush()
}

func rotateKeys(args []string, stdout, stderr io.Writer) error {
	fs := newFlags("keys rotate", "Make a new signing key; running servers take it over within seconds.", stderr)
	path := fs.String("config", "oriel.yaml", "configuration file")
	atOnce := fs.Bool("at-once", false, "drop all other keys: they leaked. Every token is refused, and pages begin new sessions")
	if err := parse(fs, args); err != nil {
		return err
	}
	c, err := app.ReadConfig(*path)
	if err != nil {
		return err
	}
	rotated, err := app.RotateKeys(c, rand.Reader, time.Now(), *atOnce)
	if err != nil {
		return err
	}
	if *atOnce {
		_, err = fmt.Fprintf(stdout, "%s is the only signing key now.\n", rotated[0].ID)
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s signs from now on, %s is still good.\n", rotated[0].ID, rotated[1].ID)
	return err
}
