import Glibc
import Testing

extension Program {
  /// TIOCSPTLCK and TIOCGPTN of <asm/ioctls.h>.
  private static let (unlock, numberOfOther): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  /// Runs the program with `arguments` and its errors, or another stream, on a terminal of `columns`
  /// columns; a line on the screen ends with a newline.
  ///
  /// With `resizing` the terminal gets another width once a text is on the screen, and the program
  /// is ended when another text is.
  static func runOnTerminal(
    _ arguments: [String], columns: Int, stream: Int32 = 2,
    environment: [String: String] = [:],
    resizing: (to: Int, at: String, until: String)? = nil
  ) throws -> (status: Int32, screen: String) {
    let terminal = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    defer { close(terminal) }
    var (isLocked, number) = (Int32(0), Int32(0))
    try #require(unsafe ioctl(terminal, unlock, &isLocked) == 0)
    try #require(unsafe ioctl(terminal, numberOfOther, &number) == 0)
    var size = winsize(
      ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    try #require(unsafe ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
    let process = try start(
      arguments, of: "crate-lm", environment: environment,
      on: [
        (0, "/dev/null", O_RDONLY), (3 - stream, "/dev/null", O_WRONLY),
        (stream, "/dev/pts/\(number)", O_WRONLY | O_NOCTTY),
      ])
    var screen: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      // Fails when the program, and with it the other side, is gone.
      let count = unsafe read(terminal, &buffer, buffer.count)
      guard count > 0 else { break }
      screen += buffer.prefix(count)
      guard let resizing else { continue }
      let text = String(decoding: screen, as: UTF8.self)
      if size.ws_col == columns, text.contains(resizing.at) {
        size.ws_col = UInt16(resizing.to)
        try #require(unsafe ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
        // The system sends it to the programs whose own terminal this is.
        kill(process, SIGWINCH)
      }
      if text.contains(resizing.until) { kill(process, SIGKILL) }
    }
    var status: Int32 = 0
    unsafe waitpid(process, &status, 0)
    let text = String(decoding: screen, as: UTF8.self).replacing("\r\n", with: "\n")
    return (status >> 8 & 0xFF, text)
  }
}
