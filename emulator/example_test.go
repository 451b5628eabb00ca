package emulator_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/emulator/world"
)

// A test starts the emulator on a listener of its own, because the address is
// the audience of assertions, and gets a key file for the client under test.
func Example() {
	w, err := world.New(world.Config{Seed: 1, Now: time.Now(), Days: 30, Events: 10_000})
	if err != nil {
		log.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	google, err := emulator.New(emulator.Config{World: w, BaseURL: "http://" + srv.Listener.Addr().String()})
	if err != nil {
		log.Fatal(err)
	}
	srv.Config.Handler = google.Handler()
	srv.Start()
	defer srv.Close()

	file, err := google.IssueKey("robot@project.iam.gserviceaccount.com")
	if err != nil {
		log.Fatal(err)
	}
	var key struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(file, &key); err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Type)

	// Make the next report fail, as Google does now and then.
	if err := google.SetFault("runReport", emulator.Fault{Status: http.StatusServiceUnavailable, Times: 1}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(google.Counts().Requests["runReport"])
	// Output:
	// service_account
	// 0
}
