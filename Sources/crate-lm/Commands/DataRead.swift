public import ArgumentParser
public import CRATELM
import Storage

/// Token ids as text, for other programs.
struct DataRead: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Print token ids, separated by spaces, with a line for each document.")

  @OptionGroup var input: DataInput

  @Option(help: "The split to print.")
  var split = Split.train

  @Option(
    help: ArgumentHelp(
      "Tokens from index A up to, but not including, B; either may be left out.",
      valueName: "A:B"))
  var range = TokenRange()

  func run() throws {
    let tokens = try input.open()[split]
    let range = try range.resolved(in: tokens.tokenCount)
    var starts = try tokens.documentStarts().drop { $0 <= range.lowerBound }[...]
    var place = range.lowerBound
    while place < range.upperBound {
      let end = min(place + (1 << 16), range.upperBound)
      var text = ""
      for id in try tokens.tokens(place..<end) {
        if place == starts.first {
          text += "\n"
          starts.removeFirst()
        } else if place > range.lowerBound {
          text += " "
        }
        text += String(id)
        place += 1
      }
      try StandardOutput.write(text)
    }
    if !range.isEmpty { try StandardOutput.write("\n") }
  }
}

extension Split: ExpressibleByArgument {}

/// A half-open range of tokens, written A:B.
struct TokenRange: TypedValue, CustomStringConvertible {
  private var lowerBound: Int?
  private var upperBound: Int?

  /// All tokens.
  init() {}

  static let expectation = "two whole numbers from 0 with a colon, such as 0:100, :100 or 100:"

  static func read(_ text: String) -> TokenRange? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    var range = TokenRange()
    for (part, bound) in zip(parts, [\Self.lowerBound, \.upperBound]) where !part.isEmpty {
      guard let value = Int(part), value >= 0 else { return nil }
      range[keyPath: bound] = value
    }
    return range
  }

  var description: String { "\(lowerBound ?? 0):\(upperBound.map(String.init) ?? "")" }

  /// The range in a stream of `count` tokens.
  func resolved(in count: Int) throws -> Range<Int> {
    let (lower, upper) = (lowerBound ?? 0, upperBound ?? count)
    guard lower <= upper, upper <= count else {
      throw ValidationError(
        "The range \(lower):\(upper) does not lie in the split, which has "
          + "\(count.counting("token")).")
    }
    return lower..<upper
  }
}
