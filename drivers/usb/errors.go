package usb

import "errors"

// How a transfer can end, and what calls return, wrapped with the device, endpoint or
// port. The first three halt a bulk or interrupt pipe: see [Pipe.ClearHalt].
var (
	ErrStall       = errors.New("usb: the endpoint is halted")                                     // USB 2.0 8.4.5
	ErrBabble      = errors.New("usb: the device sent more than was asked for")                    // USB 2.0 8.7.4
	ErrTransaction = errors.New("usb: three transactions in a row failed")                         // USB 2.0 10.2.6
	ErrTimeout     = errors.New("usb: the device took too long")                                   //
	ErrCanceled    = errors.New("usb: the transfer was canceled")                                  //
	ErrGone        = errors.New("usb: the device has left")                                        //
	ErrClosed      = errors.New("usb: the pipe is closed")                                         //
	ErrBusy        = errors.New("usb: the transfer is under way already")                          //
	ErrBuffer      = errors.New("usb: a buffer that a controller cannot use")                      //
	ErrDescriptor  = errors.New("usb: the device's descriptor makes no sense")                     //
	ErrUnsupported = errors.New("usb: not supported by the controller")                            //
	ErrController  = errors.New("usb: the host controller failed")                                 //
	ErrFull        = errors.New("usb: no address or resource left for another device or endpoint") //
)
