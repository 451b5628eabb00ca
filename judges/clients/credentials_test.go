package clients

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/auth/credentials"

	"github.com/oriel-server/oriel/judges/house"
)

// TestDoctorWithEveryCredential runs the program with each kind of credential
// file that Google issues, named in the configuration and found as Application
// Default Credentials.
func TestDoctorWithEveryCredential(t *testing.T) {
	google := house.NewGoogle(t, smallWorld(t), nil)
	program, err := house.Build(t.TempDir())
	fatal(t, err)
	for kind, file := range issueAll(t, google) {
		if kind == credentials.AuthorizedUser {
			continue // their files do not say where to renew: the library asks Google's own host
		}
		dir := t.TempDir()
		key := filepath.Join(dir, "credential.json")
		fatal(t, os.WriteFile(key, file, 0o600))
		for found, accounts := range map[string]string{
			"named":   "accounts: {main: {key_file: credential.json}}",
			"default": "",
		} {
			t.Run(string(kind)+" "+found, func(t *testing.T) {
				config := filepath.Join(dir, found+".yaml")
				fatal(t, os.WriteFile(config, fmt.Appendf(nil, `
google: {data_url: %q, admin_url: %q, token_hosts: [%q]}
%s
tokens: {keys_file: %s.keys}
views: {shop: {property: "412600303"}}
`, google.URL, google.URL, strings.TrimPrefix(google.URL, "http://"), accounts, found), 0o600))
				cmd := exec.Command(program, "doctor", "-config", config)
				cmd.Env = os.Environ()
				if found == "default" {
					cmd.Env = append(cmd.Env, "GOOGLE_APPLICATION_CREDENTIALS="+key)
				}
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(out), "ok    view shop: property 412600303") {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}
