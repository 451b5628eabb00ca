package app

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/oriel-server/oriel/internal/audit"
)

// VerifyAudit checks files of an audit trail, in the order in which they were
// written; those whose name ends in .gz are unpacked. The error names the first
// line that is not what was written. With an anchor, the hash of a line in
// hexadecimal, that line must be there; with restarts, chains may begin anew.
func VerifyAudit(files []string, anchor string, restarts bool) (audit.Summary, error) {
	v := audit.Verifier{Anchor: anchor, Restarts: restarts}
	for _, name := range files {
		if err := verifyFile(&v, name); err != nil {
			return audit.Summary{}, err
		}
	}
	return v.Close()
}

func verifyFile(v *audit.Verifier, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := v.Read(name, r); err != nil {
		var wrong *audit.LineError
		if errors.As(err, &wrong) {
			return err
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
