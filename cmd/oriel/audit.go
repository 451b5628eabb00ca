package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/oriel-server/oriel/internal/app"
)

const auditAbout = `Check that no line of the audit trail was changed, removed, added or moved.

Name the files in the order in which they were written, as in
oriel audit verify oriel-audit.jsonl.2.gz oriel-audit.jsonl.1 oriel-audit.jsonl
Without a name it is the file of the configuration. What was cut off at the end
shows only against a hash that was kept elsewhere: -anchor.`

func auditTrail(_ context.Context, args []string, stdout, stderr io.Writer) error {
	fs := newFlags("audit verify", auditAbout, stderr)
	path := fs.String("config", "oriel.yaml", "configuration file, asked for the trail's file when none is named")
	anchor := fs.String("anchor", "", "`hash` of a line that must be there, from the log or /readyz")
	restarts := fs.Bool("restarts", false, "accept chains that start again, as they do on stdout whenever the server starts")
	if len(args) == 0 || args[0] != "verify" {
		fs.Usage()
		return helpOr(args, errUsage)
	}
	if err := fs.Parse(args[1:]); err != nil {
		return helpOr(args[1:], errUsage)
	}
	files, err := trailFiles(fs.Args(), *path)
	if err != nil {
		return err
	}
	found, err := app.VerifyAudit(files, strings.ToLower(*anchor), *restarts)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "whole: %d lines, %d to %d\n", found.Lines, found.First, found.Head.Seq)
	for _, said := range []struct {
		is   bool
		text string
	}{
		{found.After != "", "the first of them follows a line with the hash " + found.After},
		{found.Restarts > 0, fmt.Sprintf("the chain starts again %d times", found.Restarts)},
		{found.Torn > 0, fmt.Sprintf("%d times the server ended while it wrote a line", found.Torn)},
		{found.Unfinished, "the last line is one of these"},
		{found.Lost > 0, fmt.Sprintf("%d lines could not be written, the server says", found.Lost)},
		{found.Suppressed > 0, fmt.Sprintf("%d refusals are only counted, for there were too many", found.Suppressed)},
		{found.Summed > 0, fmt.Sprintf("%d reads and renewals of anonymous sessions are only counted, for they had many lines", found.Summed)},
		{true, "last hash: " + found.Head.Hash},
	} {
		if said.is {
			fmt.Fprintln(stdout, said.text)
		}
	}
	return nil
}

// helpOr returns that help was asked for, or else err.
func helpOr(args []string, err error) error {
	if len(args) > 0 && isHelp(args[0]) {
		return flag.ErrHelp
	}
	return err
}

// trailFiles returns the files that were named, or the one of the configuration.
func trailFiles(named []string, config string) ([]string, error) {
	if len(named) > 0 {
		return named, nil
	}
	c, err := app.ReadConfig(config)
	if err != nil {
		return nil, err
	}
	if c.AuditFile() == "" {
		return nil, errors.New("the configuration's audit.file is no file: name the files to verify")
	}
	return []string{c.AuditFile()}, nil
}
