import CZstd
import Storage

/// The content of a zstd file, which may hold several frames.
@safe final class ZstdStream: ByteStream {
  private static let outputByteCount = 1 << 18

  private let file: FileStream
  private let expander: OpaquePointer?
  private var input: [UInt8] = []
  private var inputPosition = 0
  private var isInsideFrame = false

  var readByteCount: Int { file.readByteCount }

  /// The content of `file`, whose frames may have windows of 2 to the power `windowLog` bytes.
  init(_ file: FileStream, windowLog: Int) throws {
    self.file = file
    unsafe expander = ZSTD_createDCtx()
    guard unsafe expander != nil else {
      throw InputError.notExpandable(file.path, reason: "zstd found no memory")
    }
    unsafe ZSTD_DCtx_setParameter(expander, ZSTD_d_windowLogMax, Int32(windowLog))
  }

  deinit {
    unsafe ZSTD_freeDCtx(expander)
  }

  func next() throws -> [UInt8] {
    while true {
      if inputPosition == input.count {
        input = try file.next()
        inputPosition = 0
      }
      let wasAtEnd = input.isEmpty
      let output = try expand()
      if !output.isEmpty { return output }
      guard wasAtEnd else { continue }
      guard !isInsideFrame else {
        throw InputError.notExpandable(file.path, reason: "its last zstd frame is cut off")
      }
      return []
    }
  }

  /// Expands as much input as fits into one output buffer.
  private func expand() throws -> [UInt8] {
    var failure: InputError?
    let frame = input[inputPosition...]
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.outputByteCount) { output, count in
      unsafe input.withUnsafeBytes { input in
        var source = unsafe ZSTD_inBuffer(
          src: input.baseAddress, size: input.count, pos: inputPosition)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = unsafe ZSTD_decompressStream(expander, &target, &source)
        if ZSTD_isError(status) != 0 {
          failure = fault(status, frame)
        } else {
          let moved = unsafe source.pos > inputPosition || target.pos > 0
          if moved { isInsideFrame = status != 0 }
          unsafe inputPosition = source.pos
          unsafe count = target.pos
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The error of zstd's `status` in what begins as `frame`.
  private func fault(_ status: Int, _ frame: ArraySlice<UInt8>) -> InputError {
    if ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge,
      let log = Self.windowLog(ofFrame: Array(frame.prefix(Self.headerByteCount)))
    {
      return .longWindow(file.path, log: log)
    }
    return .notExpandable(file.path, reason: unsafe String(cString: ZSTD_getErrorName(status)))
  }

  /// The most bytes up to the end of the size of the content.
  private static let headerByteCount = 17

  /// The logarithm of the window that a frame with this `header` asks for, rounded up; `nil` if
  /// the header is not whole (RFC 8878, 3.1.1.1).
  private static func windowLog(ofFrame bytes: [UInt8]) -> Int? {
    guard bytes.count >= 6 else { return nil }
    let header = bytes + [UInt8](repeating: 0, count: headerByteCount - bytes.count)
    let descriptor = header[4]
    guard descriptor & 0x20 != 0 else {
      return 10 + Int(header[5] >> 3) + (header[5] & 7 == 0 ? 0 : 1)
    }
    // Without a window of its own the frame's is as long as its content.
    let start = 5 + [0, 1, 2, 4][Int(descriptor & 3)]
    switch descriptor >> 6 {
    case 2: return log2(UInt64(header.littleEndian(at: start, as: UInt32.self)))
    case 3: return log2(header.littleEndian(at: start, as: UInt64.self))
    default: return nil
    }
  }

  /// The least power of two that is not less than `value`.
  private static func log2(_ value: UInt64) -> Int {
    UInt64.bitWidth - max(1, value).leadingZeroBitCount - (value.nonzeroBitCount == 1 ? 1 : 0)
  }
}
