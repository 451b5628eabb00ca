package credential

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"cloud.google.com/go/auth"
)

const (
	// metadataIP is where Google Cloud's metadata server listens.
	metadataIP = "169.254.169.254"
	// metadataPath leads to the machine's own service account.
	metadataPath = "/computeMetadata/v1/instance/service-accounts/default/"
	// metadataEmail is the entry in a token's metadata that holds the account's address.
	metadataEmail = "oriel.email"
)

// metadataServer asks the metadata server for tokens. It stands in for the
// library's provider, whose requests go through no transport of the caller's.
type metadataServer struct {
	base   string
	client *http.Client
}

func newMetadataIdentity(h hosts) (*identity, *Error) {
	host := metadataIP
	if named := os.Getenv(metadataVariable); named != "" {
		host = named
	}
	u, err := url.Parse("http://" + host + metadataPath)
	if err != nil {
		return nil, errorf("", "%s is not a host", metadataVariable)
	}
	if why := h.refuse(u); why != "" {
		return nil, errorf("", "the metadata server's address %s", why)
	}
	return &identity{kind: typeMetadata, provider: func(c *http.Client) (auth.TokenProvider, error) {
		return metadataServer{base: u.String(), client: c}, nil
	}}, nil
}

// Token implements auth.TokenProvider. The account's address comes along, because
// an operator has to know whom to give access to.
func (m metadataServer) Token(ctx context.Context) (*auth.Token, error) {
	mail, err := m.get(ctx, "email")
	if err != nil {
		return nil, err
	}
	raw, err := m.get(ctx, "token?"+url.Values{"scopes": {Scope}}.Encode())
	if err != nil {
		return nil, err
	}
	var answer struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, errors.New("the metadata server's answer is not JSON")
	}
	t := &auth.Token{Value: answer.Token, Metadata: map[string]any{}}
	if answer.Expires > 0 {
		t.Expiry = time.Now().Add(time.Duration(min(answer.Expires, 1<<20)) * time.Second)
	}
	if validEmail(string(mail)) {
		t.Metadata[metadataEmail] = string(mail)
	}
	return t, nil
}

func (m metadataServer) get(ctx context.Context, what string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.base+what, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Metadata-Flavor", "Google")
	answer, err := m.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New("the metadata server answered " + answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
}
