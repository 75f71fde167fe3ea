package qemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A Client talks to a running emulator by the control socket that Config.Monitor names
// (QEMU QMP Reference Manual). It is for one goroutine at a time.
type Client struct {
	socket  *net.UnixConn
	answers *json.Decoder
}

// answerTime is how long the emulator may take to answer.
const answerTime = 10 * time.Second

// Dial connects to a control socket.
func Dial(path string) (*Client, error) {
	socket, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	c := &Client{socket, json.NewDecoder(socket)}
	if err := c.do("qmp_capabilities", nil, nil); err != nil {
		socket.Close()
		return nil, err
	}
	return c, nil
}

// Close leaves the emulator alone.
func (c *Client) Close() error { return c.socket.Close() }

// do has a command executed and decodes what it returns. Files go with it.
func (c *Client) do(command string, arguments map[string]any, returned any, files ...*os.File) error {
	var rights []byte
	for _, f := range files {
		rights = append(rights, syscall.UnixRights(int(f.Fd()))...)
	}
	c.socket.SetDeadline(time.Now().Add(answerTime))
	if _, _, err := c.socket.WriteMsgUnix([]byte(request(command, arguments)), rights, nil); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	for {
		var answer struct {
			Return json.RawMessage
			Error  struct{ Desc string }
		}
		if err := c.answers.Decode(&answer); err != nil {
			return fmt.Errorf("%s: the emulator does not answer: %w", command, err)
		}
		switch {
		case answer.Error.Desc != "":
			return fmt.Errorf("%s: %s", command, answer.Error.Desc)
		case answer.Return == nil: // the greeting, or an event
		case returned == nil:
			return nil
		default:
			return json.Unmarshal(answer.Return, returned)
		}
	}
}

// request is a command as the emulator reads it. Its arguments are of our own making.
func request(command string, arguments map[string]any) string {
	r := map[string]any{"execute": command}
	if arguments != nil {
		r["arguments"] = arguments
	}
	text, _ := json.Marshal(r)
	return string(text)
}

// AskToEnd asks the program in machine m to end, as SIGTERM to Run does. One that ends before
// the emulator has said that it was asked has ended.
func (c *Client) AskToEnd(m Config) error {
	err := c.askToEnd(m)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return err
}

func (c *Client) askToEnd(m Config) error {
	if m.button() {
		return c.do("system_powerdown", nil, nil)
	}
	return c.do("chardev-send-break", map[string]any{"id": "console"}, nil)
}

// Quit ends the emulator, and the machine with it.
func (c *Client) Quit() error { return c.do("quit", nil, nil) }
