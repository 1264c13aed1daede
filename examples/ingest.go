// An agent in Go on the dashboard, by `agent-status-gateway ingest`: go run examples/ingest.go [http://127.0.0.1:8001]
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

var ingest = "http://127.0.0.1:8001"
var client = http.Client{Timeout: 2 * time.Second}

type telling struct {
	State    string         `json:"state"`
	Title    string         `json:"title,omitempty"`
	ToolName string         `json:"tool_name,omitempty"`
	Usage    map[string]int `json:"usage,omitempty"`
}

// An agent must not fail because of the dashboard.
func request(method, key string, body []byte) {
	req, err := http.NewRequest(method, ingest+"/sessions/"+url.PathEscape(key), bytes.NewReader(body))
	if err != nil {
		fmt.Fprintln(os.Stderr, "status dashboard:", err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if secret := os.Getenv("AGENT_STATUS_INGEST_KEY"); secret != "" {
		req.Header.Set("X-Status-Key", secret)
	}
	answer, err := client.Do(req)
	if err != nil {
		fmt.Fprintln(os.Stderr, "status dashboard:", err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		fmt.Fprintln(os.Stderr, "status dashboard:", answer.Status)
	}
}

func tell(key string, what telling) {
	body, _ := json.Marshal(what)
	request(http.MethodPost, key, body)
}

func end(key string) { request(http.MethodDelete, key, nil) }

func main() {
	if len(os.Args) > 1 {
		ingest = os.Args[1]
	}
	key := "go:42"
	tell(key, telling{State: "thinking", Title: "Count to three"})
	tell(key, telling{State: "tool_running", ToolName: "count"})
	time.Sleep(time.Second)
	tell(key, telling{State: "streaming", Usage: map[string]int{"input": 12, "output": 3}})
	end(key)
}
