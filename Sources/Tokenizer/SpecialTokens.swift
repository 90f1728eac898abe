/// A token that marks something about a text instead of being a part of it.
public struct SpecialToken: Equatable, Sendable {
  /// Its id.
  public let id: TokenID
  /// How it is written.
  public let content: String

  /// The usual mark between texts.
  public static let endOfText = "<|endoftext|>"

  /// A special token written `content`.
  public init(id: TokenID, content: String) {
    self.id = id
    self.content = content
  }

  /// Whether both have the same id and the same bytes.
  public static func == (left: SpecialToken, right: SpecialToken) -> Bool {
    left.id == right.id && left.content.utf8.elementsEqual(right.content.utf8)
  }
}

extension SpecialToken {
  /// Why `content` cannot be a special token of a byte-level vocabulary, as a clause; `nil`
  /// where it can.
  static func flaw(of content: String) -> String? {
    if content.isEmpty { return "it is empty" }
    if content.utf8.count == 1 { return "it is a single byte" }
    let isAmbiguous = !isWrittenAsBytes(content) && ByteAlphabet.bytes(of: content) != nil
    return isAmbiguous ? "a file would write other bytes in the same way" : nil
  }

  /// Whether a file writes the bytes of `content` as `content` itself: all are printable ASCII.
  static func isWrittenAsBytes(_ content: String) -> Bool {
    content.utf8.allSatisfy { 33...126 ~= $0 }
  }
}

/// Finds special tokens in text, at each place the longest.
struct SpecialTokenMatcher: Sendable {
  /// A special token found in a text.
  struct Match {
    let id: TokenID
    let range: Range<Int>
  }

  private let idsByContent: [[UInt8]: TokenID]
  /// For each first byte, the lengths of the tokens that begin with it, longest first.
  private let lengths: [[Int]]

  init(_ tokens: [SpecialToken]) {
    var idsByContent: [[UInt8]: TokenID] = [:]
    var lengths = [Set<Int>](repeating: [], count: 256)
    for token in tokens {
      let content = Array(token.content.utf8)
      guard let first = content.first else { continue }
      idsByContent[content] = token.id
      lengths[Int(first)].insert(content.count)
    }
    self.idsByContent = idsByContent
    self.lengths = lengths.map { $0.sorted(by: >) }
  }

  /// The id of the special token written `content`.
  func id(of content: [UInt8]) -> TokenID? { idsByContent[content] }

  /// The first special token in `text` that begins at `start` or later.
  func next(in text: Span<UInt8>, from start: Int) -> Match? {
    if idsByContent.isEmpty { return nil }
    for position in start..<text.count {
      for length in lengths[Int(text[position])] where length <= text.count - position {
        let content = Array(copying: text.extracting(position..<position + length))
        if let id = idsByContent[content] {
          return Match(id: id, range: position..<position + length)
        }
      }
    }
    return nil
  }
}

extension Array {
  /// The elements of `span`.
  init(copying span: Span<Element>) where Element: BitwiseCopyable {
    self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
