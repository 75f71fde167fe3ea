package timeline

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// A debugger speaks GDB's remote protocol with an emulator (GDB manual, appendix E,
// "Remote Serial Protocol"): a packet is $DATA#SUM, and + acknowledges it.
type debugger struct {
	w io.Writer
	r *bufio.Reader
}

func newDebugger(conn io.ReadWriter) *debugger {
	return &debugger{conn, bufio.NewReader(conn)}
}

// send sends a packet.
func (d *debugger) send(data string) error {
	var sum byte
	for i := range len(data) {
		sum += data[i]
	}
	_, err := fmt.Fprintf(d.w, "$%s#%02x", data, sum)
	return err
}

// receive returns the next packet's data.
func (d *debugger) receive() (string, error) {
	if _, err := d.r.ReadString('$'); err != nil { // acknowledgements stand before it
		return "", err
	}
	data, err := d.r.ReadString('#')
	if err != nil {
		return "", err
	}
	if _, err := d.r.Discard(2); err != nil { // a socket loses nothing
		return "", err
	}
	io.WriteString(d.w, "+") // nobody is there to have it when the machine has ended
	return strings.TrimSuffix(data, "#"), nil
}

// call sends a packet and returns the answer.
func (d *debugger) call(data string) (string, error) {
	if err := d.send(data); err != nil {
		return "", err
	}
	return d.receive()
}

// ask is a call whose answer is OK.
func (d *debugger) ask(data string) error {
	answer, err := d.call(data)
	if err == nil && answer != "OK" {
		err = fmt.Errorf("the emulator's debugger answers %q to %q", answer, data)
	}
	return err
}

// interrupt stops the machine, as the answer to c.
func (d *debugger) interrupt() { d.w.Write([]byte{3}) }

// stopAt has the machine stop at an address, by what a processor has for that: it changes
// nothing in memory. goOn undoes it.
func (d *debugger) stopAt(pc uint64) error { return d.ask(fmt.Sprintf("Z1,%x,1", pc)) }
func (d *debugger) goOn(pc uint64) error   { return d.ask(fmt.Sprintf("z1,%x,1", pc)) }

// register returns the register that is at an offset among those of the processor that has
// stopped, in GDB's order.
func (d *debugger) register(offset int) (uint64, error) {
	answer, err := d.call("g")
	if err != nil {
		return 0, err
	}
	if len(answer) < 2*(offset+8) {
		return 0, fmt.Errorf("the emulator's debugger shows %d bytes of registers, none at %d", len(answer)/2, offset)
	}
	b, err := hex.DecodeString(answer[2*offset : 2*(offset+8)])
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}
