package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
)

func version(_ context.Context, args []string, stdout, stderr io.Writer) error {
	if err := parse(newFlags("version", "Print the version.", stderr), args); err != nil {
		return err
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this binary was built without module information")
	}
	fmt.Fprintf(stdout, "oriel %s %s\n", build.Main.Version, build.GoVersion)
	return nil
}
