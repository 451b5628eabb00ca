package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// errUsage means that the flag package has already printed what is wrong.
var errUsage = errors.New("wrong usage")

// newFlags returns the flags of a subcommand; about is its help text.
func newFlags(name, about string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("oriel "+name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintf(stderr, "%s\n\nUsage: oriel %s [flags]\n\n", about, name)
		fs.PrintDefaults()
	}
	return fs
}

// parse parses args and refuses arguments that are not flags.
func parse(fs *flag.FlagSet, args []string) error {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(fs.Output(), "%s takes no argument %q\n", fs.Name(), fs.Arg(0))
		return errUsage
	}
	return nil
}
